"""Affect read from one face: blendshapes -> action units -> EMFACS prototypes -> categories, VAD.

1. Every shape is scaled between the person's own resting value and the value a full expression
   reaches with the estimator, because people rest with different brows and mouths, and MediaPipe's
   shapes neither start at 0 nor reach 1.
2. Shapes become action units (``facs``), smoothed over ``_SMOOTHING`` seconds so that syllables
   average out, while emotional expressions last .5-4 s (Ekman 2003). Blinks (AU45) are no
   evidence, and what a blink does to lids and brows is held back.
3. The action units are compared with each prototype: how far they go along it, times the cosine
   of the angle between them, so that half a prototype plus foreign units is weak evidence.
4. Softmax against a constant evidence for neutral gives the categories.
5. Where networks have read the picture of the face (``Person.expression``), their word decides and
   the units correct it (``face_network``). VAD is the expectation of the categories.
6. A face that does not move at all, a picture on a wall, loses its confidence (``liveness``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kinesics_core.affect.emotions import (
    CONTEMPT,
    EMOTION_VAD,
    EMOTIONS,
    NEUTRAL,
    softmax,
)
from kinesics_core.affect.face_network import RELIABILITY, NetworkChannel, UnitEvidence
from kinesics_core.affect.facs import AU_BLENDSHAPES, EMFACS
from kinesics_core.affect.liveness import LivenessDetector
from kinesics_core.affect.per_person import FIRST, PerPerson, Rows, every, lapsed, numbers, some
from kinesics_core.affect.readings import Readings
from kinesics_core.affect.speech import SpeechDetector
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import NANOSECONDS, Affect, Person

_SMOOTHING, _BLINK_SMOOTHING = 0.3, 1.5  # seconds
_GAP = NANOSECONDS

# Resting value, and value at a full expression, of each unit's shapes as MediaPipe's blendshape
# model (V2) reports them, set by eye from 1,243 frames of five films of faces and from eleven
# photographs of posed and spontaneous expressions: a calibration, not an evaluation. An
# estimator that uses the whole range, as ARKit does, saturates, which keeps its zeros and its
# order. Where the model hardly answers (AU6, AU9, AU15: cheekSquint and noseSneer stay near 0)
# the full value is set so that an answer counts.
_REST_AND_FULL = {
    "AU1": (0.04, 0.60), "AU2": (0.12, 0.65), "AU4": (0.06, 0.45), "AU5": (0.03, 0.30),
    "AU6": (0.00, 0.30), "AU7": (0.30, 0.75), "AU9": (0.00, 0.30), "AU10": (0.08, 0.70),
    "AU12": (0.02, 0.80), "AU14": (0.04, 0.50), "AU15": (0.00, 0.30), "AU16": (0.04, 0.60),
    "AU17": (0.02, 0.35), "AU20": (0.01, 0.40), "AU24": (0.07, 0.35), "AU26": (0.04, 0.60),
}  # fmt: skip

_UNITS = tuple(_REST_AND_FULL)
_FEATURES = (*_UNITS, "U12", "U14")  # the last two: AU12 and AU14 on one side only

# How much a unit weighs in the comparison. Brows and jaw also move with speech (Ekman 1979,
# "About brows": conversational signals), a smile hardly does.
_WEIGHT = dict.fromkeys(_FEATURES, 1.0) | {"AU12": 1.5, "AU2": 0.7, "AU26": 0.6, "AU16": 0.6}

# Units of the prototypes that the estimator reports rarely or weakly count less in them.
_RELAXED = {"AU5": 0.5, "AU6": 0.35, "AU7": 0.6}

_BLINK = [BLENDSHAPE_INDEX[name] for name in AU_BLENDSHAPES["AU45"]]
_SIDES = np.array([BLENDSHAPE_INDEX[AU_BLENDSHAPES[unit][side]]
                   for side in (0, -1) for unit in _UNITS])
_REST = np.array([_REST_AND_FULL[unit][0] for unit in _UNITS])
_RANGE = np.array([_REST_AND_FULL[unit][1] - _REST_AND_FULL[unit][0] for unit in _UNITS])
_RATES = np.full(len(_FEATURES), -1.0 / _SMOOTHING / NANOSECONDS)
_RATES_IN_BLINK = np.where(
    np.isin(_FEATURES, ("AU4", "AU5", "AU7")), -1.0 / _BLINK_SMOOTHING / NANOSECONDS, _RATES)
_AU12 = _UNITS.index("AU12")
_MOUTH = slice(_AU12, _UNITS.index("AU14") + 1)  # these two
_ONE_SIDED = slice(len(_UNITS), len(_UNITS) + 2)
# Lifting the lip corners also lifts the upper lip, bares the teeth, stretches and dimples the
# mouth; FACS scores these units beside a strong AU12 only if they go beyond that.
_WITH_SMILE = np.where(np.isin(_FEATURES, ("AU10", "AU14", "AU16", "AU20", "AU26")), 0.8, 0.0)


def _prototypes() -> tuple[np.ndarray, np.ndarray]:
    emotions, rows = [], []
    for emotion, units in EMFACS:
        row = np.zeros(len(_FEATURES))
        for unit, intensity in units.items():
            if emotion == CONTEMPT:
                row[_FEATURES.index("U" + unit[2:])] = 0.6 if unit == "AU12" else 1.0
            else:
                row[_FEATURES.index(unit)] = min(intensity, _RELAXED.get(unit, 1.0))
        if "AU24" in units:  # the chin goes up with pressed lips: 4+5+7+17+24
            row[_FEATURES.index("AU17")] = 0.4
        emotions.append(emotion)
        rows.append(row * [_WEIGHT[feature] for feature in _FEATURES])
    order = np.argsort(emotions, kind="stable")
    return np.array(emotions)[order], np.array(rows)[order]


_EMOTION_OF, _PROTOTYPES = _prototypes()
_STARTS = np.searchsorted(_EMOTION_OF, range(NEUTRAL))  # first prototype of each emotion
_NORMS = np.linalg.norm(_PROTOTYPES, axis=1)
_DIRECTIONS = _PROTOTYPES.T / _NORMS
_WEIGHTS = np.array([_WEIGHT[feature] for feature in _FEATURES])

# What raises the face in surprise and fear, what drops it, and what speech leaves alone. Raised
# brows stress words as well ("About brows", Ekman 1979): they count as far as nobody speaks.
_STRONGEST_OF = np.array([_FEATURES.index(name) for name in (
    "AU1", "AU2",  # brows
    "AU5",  # lids
    "AU20", "AU26",  # what is dropped
    "AU4", "AU12", "AU15",  # what speech leaves alone
)])  # fmt: skip
_FIRST_OF_THEM = np.array([0, 2, 3, 5])
_SHOWN = np.array([i for i, name in enumerate(_FEATURES) if name not in ("AU7", "U14")])

# Ceiling of the confidence: prototypes are frequent in posed, not in spontaneous expression.
_CONFIDENCE = 0.85

_NEUTRAL_EVIDENCE = 0.28
_TEMPERATURE = 0.07

_TURNED, _AHEAD = np.cos(np.radians([75.0, 30.0]))
_UNKNOWN_HEAD = np.full((4, 4), np.nan)
_NEVER = np.int64(-(2**62))  # ns, a stamp long before any


class FaceReader(PerPerson):
    """Reader of the faces of P persons, image by image, that learns how each rests.

    The resting value of each shape is a low quantile of the last minute (expressions are rarer
    than rest), starting from the population's and limited to ``baseline_reach`` above it, so that
    somebody who smiles for a minute still smiles.
    """

    baseline_reach = 0.3
    _samples = 120
    _period = NANOSECONDS // 2
    _prior = 10
    _quantile = 0.3

    _rest: np.ndarray  # (P, 2, units): left, right
    _history: np.ndarray
    _seen: np.ndarray  # images that were learned from
    _sampled: np.ndarray
    _last: np.ndarray
    _features: np.ndarray

    def __init__(self, persons: int = 1) -> None:
        """Begin with persons of whom nothing is known."""
        rest = np.stack([_REST, _REST])
        # The population's rest counts as that many samples already seen.
        history = np.repeat(rest[None], self._prior + self._samples, axis=0)
        super().__init__(
            persons, _rest=rest, _history=history, _seen=0, _sampled=_NEVER, _last=_NEVER,
            _features=np.zeros(len(_FEATURES)))
        self._network, self._speech = NetworkChannel(persons), SpeechDetector(persons)
        self._liveness = LivenessDetector(persons)

    def keep(self, rows: np.ndarray) -> None:
        """Keep only the persons of the indices given, in that order."""
        super().keep(rows)
        for part in (self._network, self._speech, self._liveness):
            part.keep(rows)

    def admit(self, count: int) -> None:
        """Add persons of whom nothing is known."""
        super().admit(count)
        for part in (self._network, self._speech, self._liveness):
            part.admit(count)

    def update(self, person: Person, stamp: int) -> Affect | None:
        """Return the affect in the first person's face; None without one (or all values nan)."""
        (affect,) = self.read([person], stamp, FIRST).affects([person], stamp, ["face"])
        return affect

    def read(
        self, persons: Sequence[Person], stamp: int, rows: Rows,
        before: Sequence[tuple[int, Mapping[int, np.ndarray]]] = (),
    ) -> Readings:
        """Return what faces say; nothing of those who have none, or of whom all values are nan.

        A stamp that jumps back or more than a second ahead starts the smoothing anew, the learned
        rest is kept.

        Args:
            persons: n, of whom ``blendshapes`` and ``expression`` are read; ``head`` lowers the
                confidence of a face that is turned away.
            stamp: Of the image, ns.
            rows: Of the n persons.
            before: Images since the last reading, each its stamp and the blendshapes (52,) of
                persons by id: the mean of all counts, so that one wrong image does little; speech
                is told from each, as a mean smears syllables.
        """
        there = [place for place, person in enumerate(persons) if person.blendshapes is not None]
        if not there:
            return Readings.nothing(len(persons))
        newest = [persons[place].blendshapes for place in there]
        ids = [persons[place].id for place in there]
        if all(number in seen for _, seen in before for number in ids):
            images = np.array([
                *([seen[number] for number in ids] for _, seen in before), newest], np.float64)
            stamps = [*(moment for moment, _ in before), stamp]
            shapes = np.add.reduce(images, axis=0) / len(images)
        else:
            images, stamps = np.array([newest], np.float64), [stamp]
            shapes = self._add_earlier(images[0], ids, before, numbers(rows)[there])
        finite = np.isfinite(shapes)
        share = np.ones(len(there)) if every(finite) else np.add.reduce(
            finite.take(_SIDES, axis=1), axis=1) / len(_SIDES)
        if len(there) == len(persons) and every(share):
            return self._read(persons, shapes, images, share, stamps, rows)
        told = share.nonzero()[0]
        readings, places = Readings.nothing(len(persons)), np.array(there)[told]
        if len(told):
            self._read([persons[place] for place in places.tolist()], shapes[told],
                       images[:, told], share[told], stamps, numbers(rows)[places]).put(
                           readings, places)
        return readings

    def _add_earlier(
        self, shapes: np.ndarray, ids: Sequence[int],
        before: Sequence[tuple[int, Mapping[int, np.ndarray]]], rows: np.ndarray,
    ) -> np.ndarray:
        """Return the means (n, 52) of shapes and those in images before, which lack some persons.

        Whether persons speak is told from each.
        """
        means, counts = shapes.copy(), np.ones((len(ids), 1))
        for moment, seen in before:
            places = [place for place, number in enumerate(ids) if number in seen]
            if places:
                image = np.array([seen[ids[place]] for place in places], np.float64)
                means[places] += image
                counts[places] += 1
                self._speech.update(
                    np.where(np.isfinite(image), image, 0.0)[None], [moment], rows[places])
        means /= counts
        return means

    def _read(
        self, persons: Sequence[Person], shapes: np.ndarray, images: np.ndarray,
        share: np.ndarray, stamps: Sequence[int], rows: Rows,
    ) -> Readings:
        """Read faces that are there.

        Args:
            persons: n.
            shapes: (n, 52).
            images: (images, n, 52) that they are the mean of; speech is told from each.
            share: (n,), the share of shapes that units are made of.
            stamps: Of the images, ns.
            rows: Of the n persons.
        """
        stamp, finite = stamps[-1], np.isfinite(shapes)
        whole = every(finite)
        if not whole:  # if they are, those of all images are
            shapes = np.where(finite, shapes, 0.0)
            images = np.where(np.isfinite(images), images, 0.0)
        sides = np.minimum(np.maximum(shapes.take(_SIDES, axis=1), 0.0), 1.0)
        sides = sides.reshape(-1, 2, len(_UNITS))
        if not (whole or every(share == 1.0)):
            known = finite.take(_SIDES, axis=1).reshape(sides.shape)
            sides = np.where(known, sides, self._rest[rows])
        self._learn(sides, stamp, rows)
        features = self._smooth(
            _action_units(sides, self._rest[rows]),
            np.maximum(shapes[:, _BLINK[0]], shapes[:, _BLINK[1]]), stamp, rows)
        learned = np.minimum(1.0, self._seen[rows] / 20)
        units = _evidence(features, self._speech.update(images, stamps, rows), learned)
        categories, read = self._network.update(persons, stamp, units, rows)
        all_read = every(read)
        if not all_read:
            categories = np.where(read[:, None], categories, units.categories)
        seen = (share * _frontality(persons) * (0.6 + 0.4 * learned)
                * self._liveness.update(shapes, stamp, rows))
        # Of networks: as sure as they are right on photographs, less of what is hard to see.
        squared = categories * categories
        reliable = np.sqrt((squared @ RELIABILITY) / np.add.reduce(squared, axis=1))
        sure = np.maximum.reduce(categories, axis=1) * reliable
        if not all_read:
            entropy = np.add.reduce(
                categories * np.log(categories + 1e-12), axis=1) / -np.log(len(EMOTIONS))
            sure = np.where(read, sure, _CONFIDENCE * (1.0 - entropy))
        confidence = seen * sure
        return Readings(
            np.ones(len(persons), bool), categories, categories @ EMOTION_VAD,
            np.minimum(np.maximum(confidence, 0.0), 1.0), np.full((len(persons), 3), np.nan))

    def _learn(self, sides: np.ndarray, stamp: int, rows: Rows) -> None:
        elapsed = stamp - self._sampled[rows]
        due = lapsed(elapsed, self._period)
        if not some(due):
            return
        learning = numbers(rows)[due]
        self._sampled[learning] = stamp
        self._history[learning, self._prior + self._seen[learning] % self._samples] = sides[due]
        self._seen[learning] += 1
        counts = self._prior + np.minimum(self._seen[learning], self._samples)
        for count in set(counts.tolist()):  # those who came together are as far
            alike, rank = learning[counts == count], int(self._quantile * count)
            ordered = np.partition(self._history[alike, :count], rank, axis=1)
            self._rest[alike] = np.minimum(ordered[:, rank], _REST + self.baseline_reach)

    def _smooth(
        self, features: np.ndarray, blink: np.ndarray, stamp: int, rows: Rows
    ) -> np.ndarray:
        """Return the features (n, features), smoothed."""
        elapsed = stamp - self._last[rows]
        self._last[rows] = stamp
        begins = lapsed(elapsed, _GAP + 1)
        if some(begins):
            self._network.restart(numbers(rows)[begins])
            elapsed = np.where(begins, np.inf, elapsed)
        blinks = blink > 0.5
        rates = np.where(blinks[:, None], _RATES_IN_BLINK, _RATES) if some(blinks) else _RATES
        gain = 1.0 - np.exp(elapsed[:, None] * rates)
        before = self._features[rows]
        smooth: np.ndarray = before + gain * (features - before)
        self._features[rows] = smooth
        return smooth


def _evidence(features: np.ndarray, speaking: np.ndarray, learned: np.ndarray) -> UnitEvidence:
    """Return what smoothed features (n, features) say beside networks."""
    brows, lids, dropped, unspoken = np.maximum.reduceat(
        features.take(_STRONGEST_OF, axis=1), _FIRST_OF_THEM, axis=1).T
    brows = (1.0 - speaking) * brows
    weighted = features * _WEIGHTS
    shown = weighted.take(_SHOWN, axis=1)
    return UnitEvidence(
        _classify(weighted), np.sqrt(np.add.reduce(shown * shown, axis=1)),
        np.maximum(brows, lids), dropped, np.minimum(1.0, 2.0 * np.maximum(brows, unspoken)),
        speaking, learned)


def _action_units(sides: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Return (n, features) 0..1: units of both sides, then one-sided AU12 and AU14.

    Args:
        sides: (n, 2, units) shapes of the left and right side.
        rest: (n, 2, units) their resting values.
    """
    scaled = np.minimum(np.maximum((sides - rest) / _RANGE, 0.0), 1.0)
    left, right = scaled[:, 0], scaled[:, 1]
    made = np.empty((len(sides), len(_FEATURES)))
    made[:, :_ONE_SIDED.start] = 0.5 * (left + right)
    np.minimum(left[:, _MOUTH], right[:, _MOUTH], out=made[:, _MOUTH])
    difference = left[:, _MOUTH] - right[:, _MOUTH]
    made[:, _ONE_SIDED] = np.maximum(
        difference * np.sign(np.add.reduce(difference, axis=1, keepdims=True)), 0.0)
    made *= 1.0 - _WITH_SMILE * made[:, _AU12:_AU12 + 1]
    return made


def _classify(weighted: np.ndarray) -> np.ndarray:
    """Return the categories (n, 8) of weighted features (n, features)."""
    length = np.sqrt(np.add.reduce(weighted * weighted, axis=1, keepdims=True))
    along = weighted @ _DIRECTIONS
    match = np.minimum(along / _NORMS, 1.0) * (along / np.maximum(length, 1e-9))
    evidence = np.empty((len(weighted), len(EMOTIONS)))
    evidence[:, :NEUTRAL] = np.maximum(np.maximum.reduceat(match, _STARTS, axis=1), 0.0)
    evidence[:, NEUTRAL] = _NEUTRAL_EVIDENCE
    return softmax(evidence / _TEMPERATURE)


def _frontality(persons: Sequence[Person]) -> np.ndarray:
    """Return 1 for faces towards the camera (within 30 degrees), 0 from 75 on; 1 if unknown."""
    heads = np.array([_UNKNOWN_HEAD if person.head is None else person.head for person in persons])
    out, place = heads[:, :3, 2], heads[:, :3, 3]
    distance = np.sqrt(np.add.reduce(place * place, axis=1))
    # A sum is finite where everything in it is.
    told = np.isfinite(np.add.reduce(heads, axis=(1, 2))) & (distance >= 1e-6)
    cosine = np.add.reduce(out * place, axis=1) / np.where(told, -distance, 1.0)
    facing = np.minimum(np.maximum((cosine - _TURNED) / (_AHEAD - _TURNED), 0.0), 1.0)
    return np.where(told, facing, 1.0)
