"""The affect of everybody in view: face, body and history of each person fused over time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kinesics_core.affect.body import BodyReader
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.affect.face import FaceReader
from kinesics_core.affect.per_person import PerPerson, Rows, every, some
from kinesics_core.affect.readings import Readings, average, fuse
from kinesics_core.affect.signals.timeline import RATE as GRID
from kinesics_core.bounded import drop_oldest
from kinesics_core.types import NANOSECONDS, Affect, People, Person

REMEMBERED = 64
"""People out of view of whom something is remembered; of more, those who left last."""

_EVERY = 4  # steps of the signals' grid between two readings of faces
_MOST = 32  # images that wait at most, of cameras that are that fast or whose clock stands still
_CLARITY = 0.5  # confidence from which a reading moves the belief at full speed
_FRESH = NANOSECONDS  # how far a network's reading may be from an image to count for it, ns
_SOURCES = np.array(["", "face", "body", "fused"], object)  # by which channels speak


class AffectReader:
    """The affect of each tracked person, read, fused (``readings.fuse``) and smoothed.

    Over time the belief follows the fused reading: within ``onset`` seconds when an expression
    begins, for it may last half a second only, within ``release`` seconds when it fades, slower for
    a reading of low confidence. Without any reading the belief stays for ``hold`` seconds, its
    confidence fading; a person unseen for ``forget`` seconds is forgotten, and sooner when
    ``REMEMBERED`` others have left since. A stamp that jumps back starts everybody's smoothing
    anew.

    Faces are read, and beliefs follow, 7.5 times a second, each time the mean of the images since;
    bodies twice, from the keypoints of all images. The images in between are answered with what is
    believed: expressions begin within some tenths of a second.

    A network's readings of bodies may come whenever they are ready (``add_body_readings``): an
    image never waits for its reading, the newest one within a second of it counts and is averaged
    with this reader's own.

    Attributes:
        onset, release: Time constants of an expression that begins and that fades, seconds.
        hold: How long a belief stays without a reading, seconds.
        forget: How long a person is remembered unseen, seconds.
    """

    onset = 0.12
    release = 0.6
    hold = 1.5
    forget = 10.0

    def __init__(self) -> None:
        """Begin with nobody known."""
        self._ids: list[int] = []  # of each person known, in order of the rows
        self._faces, self._bodies = FaceReader(0), BodyReader(persons=0)
        self._beliefs = _Beliefs()
        self._networks: dict[int, Affect] = {}
        self._stamp: int | None = None
        self._beat = self._read = -1  # beat and stamp of the last image whose faces were read
        # Stamps of the images since then, and the blendshapes in each by person.
        self._between: list[tuple[int, dict[int, np.ndarray]]] = []
        self._lasting: list[Affect | None] = []  # said of the first rows, none of which fades

    def add_body_readings(self, readings: Iterable[Affect]) -> None:
        """Keep a network's readings of bodies; each replaces the one before of its person."""
        self._networks.update((reading.person_id, reading) for reading in readings)
        drop_oldest(self._networks)  # images, which drop more, may not come, or their clock stands

    def drop_body_readings(self) -> None:
        """Forget what networks read, for a stream that begins anew."""
        self._networks.clear()

    def update(self, people: People) -> list[Affect]:
        """Return the affect of each person of whom something can be said, in order of ``people``.

        The source of a result is "fused", or "face" or "body" if that was the only channel, or the
        name of a network that alone has read the body.
        """
        stamp, persons = people.stamp, people.persons
        if self._stamp is not None and stamp < self._stamp:
            self._beliefs.drop(stamp)
            self._beat = -1
            self._between.clear()
            self._lasting = []
        self._stamp = stamp
        if self._networks:
            self._networks = {
                person_id: reading for person_id, reading in self._networks.items()
                if abs(stamp - reading.stamp) <= _FRESH}
        anew = self._arrange([person.id for person in persons], stamp)
        # Images are often as far apart as the steps: half a step aside of them all fall alike.
        beat = (2 * stamp * GRID + NANOSECONDS) // (2 * _EVERY * NANOSECONDS)
        anew |= beat != self._beat or len(self._between) == _MOST
        if not persons:
            return []
        rows = slice(0, len(persons))
        anew |= self._bodies.add(persons, stamp, rows)
        if not anew:
            self._between.append((stamp, {
                person.id: person.blendshapes for person in persons
                if person.blendshapes is not None}))
            return self._said_again(persons, stamp, rows)
        between, self._between = self._between, []  # an odd one is not met again
        face = self._faces.read(persons, stamp, rows, between)
        body = own = self._bodies.read(stamp, rows)
        if self._networks:
            body = average(self._networks_say(persons), own)
        sources = _SOURCES[face.there + 2 * body.there]
        if self._networks:  # what one alone says bears its name
            for place in (body.there & ~own.there & ~face.there).nonzero()[0].tolist():
                sources[place] = self._networks[persons[place].id].source
        self._beat, self._read = beat, stamp
        self._believe(fuse(face, body), sources, stamp, rows)
        return self._said(persons, stamp, rows)

    def _arrange(self, ids: list[int], stamp: int) -> bool:
        """Give the first rows to the persons of an image, in their order, and forget others.

        So everybody in the image is a slice of all arrays; who is there seldom changes.

        Returns:
            Whether it has changed.
        """
        if self._ids == ids:
            return False
        kept = stamp - self._beliefs.seen <= self.forget * NANOSECONDS
        if self._ids[:len(ids)] == ids and every(kept[len(ids):]):
            return False
        new = list(dict.fromkeys(number for number in ids if number not in self._ids))
        for part in (self._faces, self._bodies, self._beliefs):
            part.admit(len(new))
        known = [*self._ids, *new]
        there = set(ids)
        order = [known.index(number) for number in ids]
        away = [row for row, number in enumerate(self._ids) if number not in there and kept[row]]
        if len(away) > REMEMBERED:
            away.sort(key=lambda row: -self._beliefs.seen[row])
        order += away[:REMEMBERED]
        self._ids = [known[row] for row in order]
        self._lasting = []
        for part in (self._faces, self._bodies, self._beliefs):
            part.keep(np.array(order, np.int64))
        return True

    def _networks_say(self, persons: Sequence[Person]) -> Readings:
        """Return what networks read of bodies; nothing of whom they read no emotion."""
        readings = Readings.nothing(len(persons))
        for place, person in enumerate(persons):
            said = self._networks.get(person.id)
            if said is not None and said.confidence > 0.0 and every(np.isfinite(said.categories)):
                readings.there[place], readings.categories[place] = True, said.categories
                readings.vad[place] = said.valence, said.arousal, said.dominance
                readings.confidence[place] = said.confidence
                readings.spread[place] = np.nan if said.spread is None else said.spread
        return readings

    def _believe(self, reading: Readings, sources: np.ndarray, stamp: int, rows: slice) -> None:
        """Let the beliefs about persons follow readings of them."""
        beliefs = self._beliefs
        believed = beliefs.there[rows]
        elapsed = np.where(believed, (stamp - beliefs.read[rows]) / NANOSECONDS, np.inf)
        categories, confidence = beliefs.categories[rows], beliefs.confidence[rows]
        trust = np.maximum(np.minimum(1.0, reading.confidence / _CLARITY), 0.1)
        begins = reading.categories[:, NEUTRAL] < categories[:, NEUTRAL]
        rate = np.where(begins, -1.0 / self.onset, -1.0 / self.release) * trust
        gain = 1.0 - np.exp(elapsed * rate)  # 1 where nothing was believed
        column = gain[:, None]
        old, new = beliefs.vad[rows], reading.vad
        vad = old + column * (new - old)
        unknown = np.isnan(vad)
        if some(unknown):
            vad = np.where(unknown, np.where(np.isnan(new) & (column < 1.0), old, new), vad)
        now = Readings(
            reading.there, categories + column * (reading.categories - categories), vad,
            confidence + gain * (reading.confidence - confidence), reading.spread)
        if every(reading.there):
            beliefs.take(now, sources, stamp, rows)
        else:
            told = reading.there.nonzero()[0]
            beliefs.take(Readings(*(part[told] for part in now)), sources[told], stamp, told)

    def _said(self, persons: Sequence[Person], stamp: int, rows: slice) -> list[Affect]:
        """Return what is believed of persons: of those read a while ago it fades."""
        beliefs = self._beliefs
        beliefs.seen[rows] = stamp
        said = beliefs.now(stamp, self._read, rows, self.hold).affects(
            persons, stamp, beliefs.source[rows].tolist())
        self._lasting = said if every(beliefs.read[rows] == self._read) else []
        return [affect for affect in said if affect is not None]

    def _said_again(self, persons: Sequence[Person], stamp: int, rows: slice) -> list[Affect]:
        """Return the same as before of the persons of the last reading, if no belief fades."""
        if len(self._lasting) < len(persons):
            return self._said(persons, stamp, rows)
        self._beliefs.seen[rows] = stamp
        return [
            Affect(stamp, said.person_id, said.categories, said.valence, said.arousal,
                   said.dominance, said.confidence, said.source, spread=said.spread)
            for said in self._lasting[rows] if said is not None]


class _Beliefs(PerPerson):
    """Beliefs about P persons.

    Attributes:
        there: (P,) bool, of whom something is.
        categories, vad, confidence, spread: As in ``Readings``.
        source: (P,) of the last reading.
        read: (P,) stamp of the last reading, ns.
        seen: (P,) stamp of the last image with the person, ns.
    """

    there: np.ndarray
    categories: np.ndarray
    vad: np.ndarray
    confidence: np.ndarray
    spread: np.ndarray
    source: np.ndarray
    read: np.ndarray
    seen: np.ndarray

    def __init__(self) -> None:
        """Believe nothing of nobody."""
        super().__init__(
            0, there=np.False_, categories=np.zeros(len(EMOTIONS)), vad=np.zeros(3),
            confidence=0.0, spread=np.zeros(3), source=np.array("", object), read=np.int64(0),
            seen=np.int64(0))

    def drop(self, stamp: int) -> None:
        """Believe nothing of anybody any more, as of a stamp."""
        self.there[:], self.read[:], self.seen[:] = False, stamp, stamp

    def take(self, now: Readings, sources: np.ndarray, stamp: int, rows: Rows) -> None:
        """Keep what is believed now of persons that were read."""
        self.there[rows], self.read[rows], self.source[rows] = True, stamp, sources
        self.categories[rows], self.vad[rows] = now.categories, now.vad
        self.confidence[rows], self.spread[rows] = now.confidence, now.spread

    def now(self, stamp: int, latest: int, rows: slice, hold: float) -> Readings:
        """Return what is believed of persons.

        Of whom the latest look told nothing it fades, and is dropped after ``hold`` seconds.

        Args:
            stamp: Of the image, ns.
            latest: Of the last image in which faces and bodies were looked at, ns.
            rows: Of the persons.
            hold: Seconds.
        """
        there, read, confidence = self.there[rows], self.read[rows], self.confidence[rows]
        faded = read < latest
        if some(faded):
            age = (stamp - read) / NANOSECONDS
            there = self.there[rows] = there & (~faded | (age <= hold))
            confidence = confidence * np.where(there & faded, np.exp(-age / hold), 1.0)
        return Readings(
            there, self.categories[rows], self.vad[rows], confidence, self.spread[rows])
