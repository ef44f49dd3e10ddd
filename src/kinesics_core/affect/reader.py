"""The affect of everybody in view: face, body and history of each person fused over time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from kinesics_core.affect.body import BodyReader
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, categories_to_vad, softmax
from kinesics_core.affect.face import FaceReader
from kinesics_core.affect.spaces import EIGHT
from kinesics_core.types import NANOSECONDS, Affect, People, Person

FACE_WEIGHT = np.array([1.0, 0.6, 0.6])
BODY_WEIGHT = np.array([0.3, 1.0, 1.0])
"""(3,) weight of each channel for valence, arousal and dominance, times its confidence: faces tell
valence, bodies arousal (Russell, Bachorowski & Fernandez-Dols 2003; Wallbott 1998)."""

_CATEGORY_WEIGHT = {"face": 1.0, "body": 0.5}
_FLOOR = 1e-3  # probability below which a channel rules nothing out
_CLARITY = 0.5  # confidence from which a reading moves the belief at full speed
_FRESH = NANOSECONDS  # how far a network's reading may be from an image to count for it, ns


@dataclass(slots=True)
class _Track:
    """One person's readers and what is believed of them.

    Attributes:
        face, body: Read the person.
        belief: The smoothed reading, or None.
        read: Stamp of the last reading, ns.
        seen: Stamp of the last image with the person, ns.
    """

    face: FaceReader = field(default_factory=FaceReader)
    body: BodyReader = field(default_factory=BodyReader)
    belief: Affect | None = None
    read: int = 0
    seen: int = 0


class AffectReader:
    """The affect of each tracked person, read, fused and smoothed.

    Face and body are pooled log-linearly: p is proportional to the product of p_i ^ w_i, w_i the
    channel's confidence, so that a channel that does not know does not dilute the other. Over
    time the belief follows the pooled reading: within ``onset`` seconds when an expression begins,
    for it may last half a second only, within ``release`` seconds when it fades, slower for a
    reading of low confidence. Without any reading the belief stays for ``hold`` seconds, its
    confidence fading; a person unseen for ``forget`` seconds is forgotten. A stamp that jumps back
    starts everybody's smoothing anew.

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
        self._tracks: dict[int, _Track] = {}
        self._bodies: dict[int, Affect] = {}
        self._stamp: int | None = None

    def add_body_readings(self, readings: Iterable[Affect]) -> None:
        """Keep a network's readings of bodies; each replaces the one before of its person."""
        self._bodies.update((reading.person_id, reading) for reading in readings)

    def drop_body_readings(self) -> None:
        """Forget what networks read, for a stream that begins anew."""
        self._bodies.clear()

    def update(self, people: People) -> list[Affect]:
        """Return the affect of each person of whom something can be said, in order of ``people``.

        The source of a result is "fused", or "face" or "body" if that was the only channel.
        """
        stamp = people.stamp
        if self._stamp is not None and stamp < self._stamp:
            for track in self._tracks.values():
                track.belief, track.read, track.seen = None, stamp, stamp
        self._stamp = stamp
        self._bodies = {
            person_id: reading for person_id, reading in self._bodies.items()
            if abs(stamp - reading.stamp) <= _FRESH
        }
        readings = []
        for person in people.persons:
            track = self._tracks.setdefault(person.id, _Track())
            track.seen = stamp
            reading = self._read(track, person, stamp)
            if reading is not None:
                readings.append(reading)
        self._tracks = {
            person_id: track
            for person_id, track in self._tracks.items()
            if stamp - track.seen <= self.forget * NANOSECONDS
        }
        return readings

    def _read(self, track: _Track, person: Person, stamp: int) -> Affect | None:
        face = track.face.update(person, stamp)
        rules = track.body.update(person, stamp)
        network = self._bodies.get(person.id)
        if network is not None and not (
            network.confidence > 0.0 and np.isfinite(network.categories).all()
        ):
            network = None  # its classes say no emotion, or it does not know
        reading = fuse(face, average(network, rules))
        if reading is not None:
            track.belief = self._follow(track.belief, reading, (stamp - track.read) / NANOSECONDS)
            track.read = stamp
            return track.belief
        age = (stamp - track.read) / NANOSECONDS
        if track.belief is None or age > self.hold:
            track.belief = None
            return None
        held = track.belief
        return Affect(
            stamp, person.id, held.categories, held.valence, held.arousal, held.dominance,
            held.confidence * float(np.exp(-age / self.hold)), held.source,
            spread=held.spread,
        )  # fmt: skip

    def _follow(self, belief: Affect | None, reading: Affect, elapsed: float) -> Affect:
        if belief is None:
            return reading
        trust = min(1.0, reading.confidence / _CLARITY)
        begins = reading.categories[NEUTRAL] < belief.categories[NEUTRAL]
        time_constant = self.onset if begins else self.release
        gain = 1.0 - float(np.exp(-elapsed * max(trust, 0.1) / time_constant))
        valence, arousal, dominance = (
            new if np.isnan(old) else old if np.isnan(new) else old + gain * (new - old)
            for old, new in zip(_vad(belief), _vad(reading), strict=True)
        )
        return Affect(
            reading.stamp, reading.person_id,
            belief.categories + np.float32(gain) * (reading.categories - belief.categories),
            valence, arousal, dominance,
            belief.confidence + gain * (reading.confidence - belief.confidence), reading.source,
            spread=reading.spread,
        )  # fmt: skip


def average(network: Affect | None, own: Affect | None) -> Affect | None:
    """Return one reading of a body from a network's and a ``BodyReader``'s.

    Both look at the same body, so confidence does not add up: the larger one stays. Of what one
    of them leaves open (nan) the other's word counts. Categories are the mean: on actors that
    neither saw it names anger and sadness about as well as the better one of each. Valence, arousal
    and dominance are our own: networks taught on generated motion take plain walks for unpleasant,
    and follow people's ratings less.

    Args:
        network: Reading of a network, or None.
        own: Reading of a ``BodyReader``, or None.

    Returns:
        Both as one; the other one where one is None.
    """
    if network is None or own is None:
        return own if network is None else network
    valence, arousal, dominance = (
        theirs if np.isnan(mine) else mine
        for theirs, mine in zip(_vad(network), _vad(own), strict=True))
    return Affect(
        max(network.stamp, own.stamp), own.person_id,
        0.5 * (network.categories + own.categories), valence, arousal, dominance,
        max(network.confidence, own.confidence), "body", spread=own.spread,
    )  # fmt: skip


def fuse(face: Affect | None, body: Affect | None) -> Affect | None:
    """Return one reading from a face's and a body's of the same person; None if both are.

    A still body says little about a moving face: as far as a body is neutral it says that it does
    not know (its neutral share is spread over all categories), and its VAD counts less beside a
    face that is not. Categories by log-linear pooling, VAD by the mean weighted with confidence
    and with ``FACE_WEIGHT`` and ``BODY_WEIGHT``, a nan left out. Confidences of independent
    channels add up as 1 - (1 - a)(1 - b / 2).
    """
    if face is None or body is None:
        return face if body is None else body
    quiet = float(body.categories[NEUTRAL])
    weights = np.array(
        [_CATEGORY_WEIGHT["face"] * face.confidence, _CATEGORY_WEIGHT["body"] * body.confidence]
    )
    # Only the relation of the two channels matters here: the sharper one keeps its sharpness.
    weights = weights / max(weights.max(), 1e-6)
    said = body.categories * (np.arange(len(EMOTIONS)) != NEUTRAL) + quiet / len(EMOTIONS)
    logits = np.log(np.maximum([face.categories, said], _FLOOR))
    categories = softmax(weights @ logits)
    vads = np.array([_vad(face), _vad(body)])
    moving = 1.0 - float(face.categories[NEUTRAL])
    heard = body.confidence * (1.0 - quiet * moving)
    vad_weights = np.array([face.confidence * FACE_WEIGHT, heard * BODY_WEIGHT])
    vad_weights = np.where(np.isfinite(vads), vad_weights + 1e-6, 0.0)
    total = vad_weights.sum(axis=0)
    expected = categories_to_vad(categories)
    valence, arousal, dominance = np.where(
        total > 0.0,
        (np.nan_to_num(vads) * vad_weights).sum(axis=0) / np.maximum(total, 1e-9),
        expected,
    ).tolist()
    confidence = 1.0 - (1.0 - face.confidence) * (1.0 - 0.5 * body.confidence)
    return Affect(
        max(face.stamp, body.stamp), face.person_id, categories.astype(np.float32),
        valence, arousal, dominance, confidence, "fused",
        spread=EIGHT.to_vad(categories).spread.astype(np.float32),
    )  # fmt: skip


def _vad(affect: Affect) -> tuple[float, float, float]:
    return affect.valence, affect.arousal, affect.dominance
