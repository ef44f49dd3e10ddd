"""Readings of real motion by other real motion: each collection by what the others teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.recognition import macro_f1, share_ordered
from kinesics_core.judging.labelled_motion import ROBOT, LabelledMotion
from kinesics_core.judging.recogniser import SPEED, USED, Recogniser, centred, train


@dataclass(frozen=True, slots=True)
class CrossReading:
    """Readings of one group by a recogniser that saw none of it.

    Attributes:
        left_out: What was read.
        valence, arousal: Share of pairs in the right order; nan without pairs.
        macro_f1: Of the known emotions in it; nan without.
        speed_valence, speed_arousal, speed_f1: The same of a reader of the arms' speed alone.
        majority_f1: Of the most frequent emotion of what was learned from.
        count: Recordings.
    """

    left_out: str
    valence: float
    arousal: float
    macro_f1: float
    speed_valence: float
    speed_arousal: float
    speed_f1: float
    majority_f1: float
    count: int


def cross_readings(motions: Sequence[LabelledMotion]) -> list[CrossReading]:
    """Return how each collection is read by a recogniser trained on the others.

    People's collections are left out one by one and then together; the robot's animations also in
    six parts of their own.
    """
    sources = sorted({motion.source for motion in motions})
    everything = list(motions)
    out = []
    for source in sources:
        rest = [m for m in everything if m.source != source]
        out.append(_reading(source, rest, [m for m in everything if m.source == source]))
    people = [m for m in everything if m.body != ROBOT]
    robot = [m for m in everything if m.body == ROBOT]
    if robot and len({m.source for m in people}) > 1:
        out.append(_reading("all people", robot, people))
    if len(robot) >= 12:
        out.append(_in_parts(robot, people))
    return [reading for reading in out if reading is not None]


def _reading(
    name: str, learned: list[LabelledMotion], read: list[LabelledMotion]
) -> CrossReading | None:
    if len(learned) < 3:
        return None
    features = np.array([motion.windows.mean(0) for motion in read])
    away = centred(features, read)
    found = [model.read(away, np.zeros(away.shape[1]))
             for model in (train(learned), train(learned, SPEED))]
    return _score(name, learned, read, train(learned), found)


def _in_parts(
    robot: list[LabelledMotion], people: list[LabelledMotion], parts: int = 6
) -> CrossReading:
    features = np.array([motion.windows.mean(0) for motion in robot])
    away = centred(features, robot)
    usual = np.zeros(away.shape[1])
    found = [np.zeros((len(robot), 3)) for _ in range(2)]
    for part in range(parts):
        learned = [m for k, m in enumerate(robot) if k % parts != part] + people
        for values, used in zip(found, (USED, SPEED), strict=True):
            values[part::parts] = train(learned, used).read(away[part::parts], usual)
    return _score("rebl-pepper, in six parts", robot, robot, train(robot + people), found)


def _score(
    name: str, learned: list[LabelledMotion], read: list[LabelledMotion], model: Recogniser,
    found: list[np.ndarray],
) -> CrossReading:
    wanted = np.array([motion.vad for motion in read])
    known = np.array([motion.emotion in model.known for motion in read])
    truth = np.array([motion.emotion for motion in read if motion.emotion in model.known], int)
    taught = [motion.emotion for motion in learned if motion.emotion is not None]
    most = max(set(taught), key=taught.count) if taught else model.known[-1]
    (valence, arousal), (by_speed, by_speed_arousal) = (
        [share_ordered(values[:, part], wanted[:, part]) for part in (0, 1)]
        for values in found)
    f1, speed_f1 = (macro_f1(truth, model.emotions(values)[known]) for values in found)
    return CrossReading(
        name, valence, arousal, f1, by_speed, by_speed_arousal, speed_f1,
        macro_f1(truth, np.full(len(truth), most)), len(read))
