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

import numpy as np

from kinesics_core.affect.emotions import CONTEMPT, EMOTIONS, categories_to_vad, softmax
from kinesics_core.affect.face_network import RELIABILITY, NetworkChannel, UnitEvidence
from kinesics_core.affect.facs import AU_BLENDSHAPES, EMFACS
from kinesics_core.affect.liveness import LivenessDetector
from kinesics_core.affect.speech import SpeechDetector
from kinesics_core.skeletons import BLENDSHAPE_INDEX
from kinesics_core.types import NANOSECONDS, Affect, Person

_SMOOTHING = 0.3
_BLINK_SMOOTHING = 1.5
_GAP = 1.0

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

_BLINK = np.array([BLENDSHAPE_INDEX[name] for name in AU_BLENDSHAPES["AU45"]])
_LEFT = np.array([BLENDSHAPE_INDEX[AU_BLENDSHAPES[unit][0]] for unit in _UNITS])
_RIGHT = np.array([BLENDSHAPE_INDEX[AU_BLENDSHAPES[unit][-1]] for unit in _UNITS])
_REST = np.array([_REST_AND_FULL[unit][0] for unit in _UNITS])
_RANGE = np.array([_REST_AND_FULL[unit][1] - _REST_AND_FULL[unit][0] for unit in _UNITS])
_LIDS_AND_BROWS = np.array([_FEATURES.index(unit) for unit in ("AU4", "AU5", "AU7")])
_AU12, _AU14 = _UNITS.index("AU12"), _UNITS.index("AU14")
# Lifting the lip corners also lifts the upper lip, bares the teeth, stretches and dimples the
# mouth; FACS scores these units beside a strong AU12 only if they go beyond that.
_WITH_SMILE = np.array([_UNITS.index(unit) for unit in ("AU10", "AU14", "AU16", "AU20", "AU26")])


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
    return np.array(emotions), np.array(rows)


_EMOTION_OF, _PROTOTYPES = _prototypes()
_NORMS = np.linalg.norm(_PROTOTYPES, axis=1)
_WEIGHTS = np.array([_WEIGHT[feature] for feature in _FEATURES])

# What raises the face in surprise and fear, what drops it, and what speech leaves alone. Raised
# brows stress words as well ("About brows", Ekman 1979): they count as far as nobody speaks.
_BROWS = np.array([_FEATURES.index(unit) for unit in ("AU1", "AU2")])
_LIDS = _FEATURES.index("AU5")
_DROPPED = np.array([_FEATURES.index(unit) for unit in ("AU20", "AU26")])
_UNSPOKEN = np.array([_FEATURES.index(unit) for unit in ("AU4", "AU12", "AU15")])
_SHOWN = np.array([i for i, name in enumerate(_FEATURES) if name not in ("AU7", "U14")])

# Ceiling of the confidence: prototypes are frequent in posed, not in spontaneous expression.
_CONFIDENCE = 0.85

_NEUTRAL_EVIDENCE = 0.28
_TEMPERATURE = 0.07


class FaceReader:
    """Reader of one person's face, image by image, that learns how the face rests.

    The resting value of each shape is a low quantile of the last minute (expressions are rarer
    than rest), starting from the population's and limited to ``baseline_reach`` above it, so that
    somebody who smiles for a minute still smiles.
    """

    baseline_reach = 0.3
    _samples = 120
    _period = 0.5
    _prior = 10
    _quantile = 0.3

    def __init__(self) -> None:
        self._rest = np.stack([_REST, _REST])  # (2, units): left, right
        self._history = np.empty((self._samples, 2, len(_UNITS)))
        self._seen = 0
        self._sampled: int | None = None
        self._last: int | None = None
        self._features = np.zeros(len(_FEATURES))
        self._network = NetworkChannel()
        self._speech = SpeechDetector()
        self._liveness = LivenessDetector()

    def update(self, person: Person, stamp: int) -> Affect | None:
        """Return the affect in this face, or None if there is none (no face, all values nan).

        A stamp that jumps back or more than a second ahead starts the smoothing anew, the learned
        rest is kept.

        Args:
            person: Of whom ``blendshapes`` and ``expression`` are read; ``head`` lowers the
                confidence of a face that is turned away.
            stamp: Of the image, ns.
        """
        if person.blendshapes is None:
            return None
        shapes = np.asarray(person.blendshapes, dtype=np.float64)
        sides = np.stack([shapes[_LEFT], shapes[_RIGHT]])
        known = np.isfinite(sides)
        if not known.any():
            return None
        shapes = np.where(np.isfinite(shapes), shapes, 0.0)
        sides = np.where(known, np.clip(sides, 0.0, 1.0), self._rest)
        self._learn(sides, stamp)
        blink = float(shapes[_BLINK].max())
        self._smooth(_action_units(sides, self._rest), blink, stamp)

        units = _classify(self._features)
        evidence = self._evidence(units, self._speech.update(shapes, stamp))
        read = self._network.update(person.expression, person.expression_stamp, stamp, evidence)
        categories = units if read is None else read
        valence, arousal, dominance = categories_to_vad(categories)
        entropy = -np.sum(categories * np.log(categories + 1e-12)) / np.log(len(EMOTIONS))
        learned = 0.6 + 0.4 * min(1.0, self._seen / 20)
        seen = known.mean() * _frontality(person.head) * self._liveness.update(shapes, stamp)
        confidence = _CONFIDENCE * (1.0 - entropy) * learned * seen
        if read is not None:  # as sure as it is right on photographs, less of what is hard to see
            likely = categories**2 / (categories**2).sum()
            confidence = learned * seen * float(
                categories.max() * np.sqrt(likely @ RELIABILITY))
        return Affect(
            stamp, person.id, categories.astype(np.float32), float(valence), float(arousal),
            float(dominance), float(np.clip(confidence, 0.0, 1.0)), "face",
        )  # fmt: skip

    def _evidence(self, categories: np.ndarray, speaking: float) -> UnitEvidence:
        features = self._features
        brows = (1.0 - speaking) * float(features[_BROWS].max())
        return UnitEvidence(
            categories, float(np.linalg.norm(features[_SHOWN] * _WEIGHTS[_SHOWN])),
            max(brows, float(features[_LIDS])), float(features[_DROPPED].max()),
            min(1.0, 2.0 * max(brows, float(features[_UNSPOKEN].max()))), speaking,
            min(1.0, self._seen / 20))

    def _learn(self, sides: np.ndarray, stamp: int) -> None:
        if self._sampled is not None and 0 <= stamp - self._sampled < self._period * NANOSECONDS:
            return
        self._sampled = stamp
        self._history[self._seen % self._samples] = sides
        self._seen += 1
        count = min(self._seen, self._samples)
        rank = int(self._quantile * (count + self._prior))
        # The population's rest counts as that many samples already seen.
        ordered = np.sort(
            np.concatenate([self._history[:count], np.tile(_REST, (self._prior, 2, 1))]), axis=0
        )
        self._rest = np.minimum(ordered[rank], _REST + self.baseline_reach)

    def _smooth(self, features: np.ndarray, blink: float, stamp: int) -> None:
        elapsed = None if self._last is None else (stamp - self._last) / NANOSECONDS
        self._last = stamp
        if elapsed is None or elapsed < 0.0 or elapsed > _GAP:
            self._features = features
            self._network.restart()
            return
        time_constant = np.full(len(_FEATURES), _SMOOTHING)
        if blink > 0.5:
            time_constant[_LIDS_AND_BROWS] = _BLINK_SMOOTHING
        self._features += (1.0 - np.exp(-elapsed / time_constant)) * (features - self._features)


def _action_units(sides: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Return (features,) 0..1: units of both sides, then one-sided AU12 and AU14.

    Args:
        sides: (2, units) shapes of the left and right side.
        rest: (2, units) their resting values.
    """
    scaled = np.clip((sides - rest) / _RANGE, 0.0, 1.0)
    both = scaled.mean(axis=0)
    difference = scaled[0] - scaled[1]
    one_sided = difference[[_AU12, _AU14]]
    one_sided = np.maximum(one_sided * np.sign(one_sided.sum()), 0.0)
    both[[_AU12, _AU14]] = scaled[:, [_AU12, _AU14]].min(axis=0)
    both[_WITH_SMILE] *= 1.0 - 0.8 * both[_AU12]
    return np.concatenate([both, one_sided])


def _classify(features: np.ndarray) -> np.ndarray:
    weighted = features * _WEIGHTS
    length = np.linalg.norm(weighted)
    along = _PROTOTYPES @ weighted
    cosine = along / (_NORMS * max(length, 1e-9))
    match = np.minimum(along / _NORMS**2, 1.0) * cosine
    evidence = np.zeros(len(EMOTIONS))
    np.maximum.at(evidence, _EMOTION_OF, match)
    evidence[-1] = _NEUTRAL_EVIDENCE
    return softmax(evidence / _TEMPERATURE)


def _frontality(head: np.ndarray | None) -> float:
    """Return 1 for a face towards the camera (within 30 degrees), 0 from 75 on; 1 if unknown."""
    if head is None or not np.isfinite(head).all():
        return 1.0
    distance = float(np.linalg.norm(head[:3, 3]))
    if distance < 1e-6:
        return 1.0
    cosine = float(-head[:3, 2] @ head[:3, 3]) / distance
    low, high = np.cos(np.radians(75.0)), np.cos(np.radians(30.0))
    return float(np.clip((cosine - low) / (high - low), 0.0, 1.0))
