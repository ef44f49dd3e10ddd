"""Readers of what users write or bring for the robot's mind and its joints; see ``readers``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

Arrays = Iterator[np.ndarray]
ROOT = Path(__file__).resolve().parents[2]
MIND = ROOT / "src/kinesics_core/mind/policies"

TRACE = b"""- {at: 0.5, person: 1, distance: 2.5, engagement: engaging, note: somebody comes}
- {at: 3.0, expected: wave, in: 0.7}
- {at: 3.7, gesture: wave, for: 1.5}
- {at: 5.0, emotion: happiness, intensity: 0.8}
- {at: 9.0, leaves: true}
"""


def whole(path: str) -> bytes:
    """The bytes of a file of the repository."""
    return (ROOT / path).read_bytes()


def personality(path: Path) -> Arrays:
    from kinesics_core.mind.personality import read_personality, temperament

    yield np.asarray(temperament(read_personality(path)), np.float64)


def policy(path: Path) -> Arrays:
    from kinesics_core.mind.answers import read_policy

    found = read_policy(path)
    yield np.array([found.strength, *found.calls.values()], np.float64)


def signs(path: Path) -> Arrays:
    from kinesics_core.mind.answers import read_signs

    read_signs(path)
    yield np.zeros(1)


def trace(path: Path) -> Arrays:
    from kinesics_core.mind.trace import read_trace

    read_trace(path)
    yield np.zeros(1)


def transitions(path: Path) -> Arrays:
    from kinesics_core.mind.transitions import load

    load.__wrapped__(path)  # what was read before is kept by the file's path
    yield np.zeros(1)


def robot_map(path: Path) -> Arrays:
    from kinesics_core.robot.model import RobotModel
    from kinesics_core.robot.retarget import Retargeter
    from kinesics_core.robot.robot_map import RobotMap

    yield Retargeter(RobotModel.load("g1"), RobotMap.load(path), rate=100.0).rest(0.01).position


def urdf(path: Path) -> Arrays:
    from kinesics_core.robot.model import RobotModel

    RobotModel.load(path)
    yield np.zeros(1)


def person_urdf() -> bytes:
    """A person's own model, as ``hri_node`` publishes it: twenty joints."""
    from kinesics_core.view.human_joints import human_urdf

    return human_urdf("7").encode()


def body_reader(path: Path) -> Arrays:
    from kinesics_core.affect.body_head import load

    load.__wrapped__(path)  # what was read before is kept by the file's path
    yield np.zeros(1)
