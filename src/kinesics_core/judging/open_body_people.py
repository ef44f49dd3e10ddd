"""People drawn of the open body, whose emotions are known: ``affect.ece`` and ``affect.fused_*``.

Nothing that reads was fitted to these pictures: networks, their weights and the temperature of the
body's reader are of photographs and of recorded and restyled movement (docs/reading_people.md).

Held expressions go the whole way of live images: a moving person is drawn, perception finds face
and body, their affect is read. The calibration is that of many people at once: faces are drawn and
read by perception; the movement below them is generated (``synthesis``, another seed than the
lessons'), of the same emotion and of another one, or performed gestures that say none, as a camera
and a detector with errors see it. There the label is the face's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.affect.face import FaceReader
from kinesics_core.affect.reader import AffectReader
from kinesics_core.affect.recognition import recognition_scores
from kinesics_core.expression.faces import face_of_emotion
from kinesics_core.judging.gesture_scores import GESTURES
from kinesics_core.judging.performed_gestures import perform
from kinesics_core.judging.seen_people import HEIGHT, WIDTH, Seen, random_view, see
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.perception.picture_faces import PictureFace, PictureFaceReader
from kinesics_core.perception.synthetic_person import SyntheticPerson
from kinesics_core.render.face_picture import FacePicture
from kinesics_core.render.identities import random_identity
from kinesics_core.synthesis.emotional_motion import make, plan_clips
from kinesics_core.synthesis.emotions import KNOWN
from kinesics_core.types import NANOSECONDS, Frame, People

HELD = ("happiness", "anger", "surprise", "sadness", "fear")
"""Emotions that networks see in faces; they hardly see disgust, and no contempt."""

LATEST = 0.6
"""Seconds in which the fused reading is to agree with the face's."""

RATE = 15.0
"""Images a second."""

_REST, _ONSET, _HOLD = 1.2, 0.25, 2.2  # seconds of a film: at rest, on the way, held
_NEAR = 1.3  # metres to the person of a film, who is seen down to the hips
_SEED = 2029  # of bodies that nothing was taught with
_SIZE = 256  # px, of a face's picture
_KNOWN_FOR = 1.0  # seconds that people are seen at rest before the expression
_READ_EVERY = 5  # images from one reading of networks to the next


class Agreement(NamedTuple):
    """Agreement of the fused reading with the face's, of one person who holds an expression.

    Attributes:
        delay: Seconds from the moment the face alone names the expression until the fused reading
            does; nan if the face alone never does.
        stays: Share of the images, from ``LATEST`` after that moment on, in which both say the
            same.
    """

    delay: float
    stays: float


def held_expression(emotion: str, seed: int) -> Agreement:
    """Film somebody who moves and holds an expression, and read the film."""
    person = SyntheticPerson(WIDTH, HEIGHT, seed, distance=_NEAR)
    full = face_of_emotion(emotion, 0.9)
    face, fused = FaceReader(), AffectReader()
    said = []
    estimator = KeypointEstimator()
    for image in range(round((_REST + _ONSET + _HOLD) * RATE)):
        t = image / RATE
        picture, _ = person.render(t, full * np.clip((t - _REST) / _ONSET, 0.0, 1.0))
        people = estimator.process(Frame(picture, NANOSECONDS + round(t * NANOSECONDS)))
        both = fused.update(people)
        alone = face.update(people.persons[0], people.stamp) if people.persons else None
        said.append((-1 if alone is None else int(alone.categories.argmax()),
                     int(both[0].categories.argmax()) if both else -1))
    alone, both = np.array(said).T
    return _agreement(alone == EMOTIONS.index(emotion), alone == both)


def _agreement(named: np.ndarray, alike: np.ndarray) -> Agreement:
    """Judge images (N,): whether the face alone names the expression, whether both are alike."""
    if not named[-round(0.5 * RATE):].all():
        return Agreement(float("nan"), float("nan"))
    first = int(np.flatnonzero(~named)[-1]) + 1 if not named.all() else 0
    after = alike[first:]
    delay = int(after.argmax()) / RATE if after.any() else float("inf")
    return Agreement(delay, float(after[round(LATEST * RATE):].mean()))


def held_expressions() -> dict[str, float]:
    """Return how late the fused reading agrees with faces that hold expressions, and for how long.

    Returns:
        ``affect.fused_delay_s``, the longest; ``affect.fused_stays``, the least share of images;
        ``affect.fused_films``, of how many films the face alone named the expression.
    """
    found = [held_expression(emotion, seed) for seed, emotion in enumerate(HELD)]
    told = np.array([one for one in found if not np.isnan(one.delay)])
    if not len(told):
        return {"affect.fused_films": 0.0}
    return {"affect.fused_delay_s": float(told[:, 0].max()),
            "affect.fused_stays": float(told[:, 1].min()), "affect.fused_films": float(len(told))}


class _Face(NamedTuple):
    """A drawn person's face as perception sees it, at rest and with an expression."""

    emotion: int
    rest: PictureFace
    shown: PictureFace


def _faces(people: int, intensities: Sequence[float]) -> list[_Face]:
    found = []
    with PictureFaceReader() as reader:
        for seed in range(people):
            picture = FacePicture(_SIZE, _SIZE, identity=random_identity(100 + seed))
            rest = reader.read(picture.draw(face_of_emotion("neutral", 0.0)))
            if rest is None or rest.blendshapes is None:
                continue
            found.append(_Face(EMOTIONS.index("neutral"), rest, rest))
            for emotion in HELD:
                for intensity in intensities:
                    shown = reader.read(picture.draw(face_of_emotion(emotion, intensity)))
                    if shown is not None and shown.blendshapes is not None:
                        found.append(_Face(EMOTIONS.index(emotion), rest, shown))
    return found


def _bodies(rng: np.random.Generator, each: int) -> tuple[dict[int, list[Seen]], list[Seen]]:
    """Return bodies of each emotion that is held, and of neutral ones; and bodies that gesture."""
    names = (*HELD, "neutral")
    plans = plan_clips(15 * each * len(names), [KNOWN[name] for name in names], _SEED)
    moved: dict[int, list[Seen]] = {EMOTIONS.index(name): [] for name in names}
    for plan in plans[:each * len(names)]:
        moved[EMOTIONS.index(plan.emotion.name)].append(
            see(make(plan).keypoints[60:], 30.0, random_view(rng), rng))
    return moved, [see(perform(name, rng).keypoints, 30.0, random_view(rng), rng)
                   for name in GESTURES]


def _read(faces: Sequence[_Face], bodies: Sequence[Seen]) -> tuple[np.ndarray, np.ndarray]:
    """Return what faces say alone, and with their bodies, (N, 8) each, at the end of two seconds.

    Everybody is a person of one stream, at rest first.
    """
    face, fused = FaceReader(len(faces)), AffectReader()
    alone, both = np.zeros((2, len(faces), len(EMOTIONS)))
    everybody = slice(0, len(faces))
    read = 0
    for image in range(round((_KNOWN_FOR + 1.2) * RATE)):
        stamp = NANOSECONDS + round(image * NANOSECONDS / RATE)
        if image % _READ_EVERY == 0:
            read = stamp
        shows = image >= _KNOWN_FOR * RATE
        persons = []
        for number, (one, body) in enumerate(zip(faces, bodies, strict=True)):
            person = body.person(2 * image % len(body.coco), number + 1)
            seen = one.shown if shows and read >= NANOSECONDS * (1 + _KNOWN_FOR) else one.rest
            person.blendshapes = (one.shown if shows else one.rest).blendshapes
            person.expression, person.expression_stamp = seen.expression, read
            persons.append(person)
        alone[:] = face.read(persons, stamp, everybody).categories
        for affect in fused.update(People(stamp, WIDTH, HEIGHT, persons)):
            both[affect.person_id - 1] = affect.categories
    return alone, both


def calibration(people: int = 8, intensities: Sequence[float] = (0.5, 0.9)) -> dict[str, float]:
    """Return the expected calibration errors ``affect.ece*`` of faces and of faces with bodies.

    Args:
        people: Who are drawn.
        intensities: Of the expressions of each.
    """
    rng = np.random.default_rng(_SEED)
    faces = _faces(people, intensities)
    labels = np.array([one.emotion for one in faces])
    moved, gestures = _bodies(rng, 3)
    others = {emotion: [body for other, found in moved.items() if other != emotion
                        for body in found] for emotion in moved}
    choices = {
        "same": [moved[one.emotion] for one in faces],
        "conflict": [others[one.emotion] for one in faces],
        "gesture": [gestures for _ in faces],
    }
    found, alone, fused = {}, np.zeros((0, len(EMOTIONS))), []
    for name, chosen in choices.items():
        bodies = [several[int(rng.integers(len(several)))] for several in chosen]
        alone, both = _read(faces, bodies)
        fused.append(both)
        found[f"affect.ece.fused_{name}"] = recognition_scores(labels, both).ece
    found["affect.ece.fused"] = recognition_scores(np.tile(labels, 3), np.concatenate(fused)).ece
    found["affect.ece.face"] = recognition_scores(labels, alone).ece
    return {"affect.ece": max(found["affect.ece.face"], found["affect.ece.fused"]), **found}
