"""A contact sheet: robots in rows, the emotions they show in columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.expression.body_performance import perform_body
from kinesics_core.expression.performance import PerformanceConfig
from kinesics_core.expression.request import ExpressionRequest, resolve
from kinesics_core.render.text import TextStyle, put_text
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.offline import RATE, body_of
from kinesics_core.robot.picture import RobotPicture
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.robot_map import RobotMap

CELL = 170, 196
"""Width and height of a picture, px."""

_SECONDS = 4.0  # of a performance; its middle is drawn
_HELD = 240  # steps in which a robot goes to a pose


def emotions_sheet(robots: Sequence[str], on_picture: Callable[[], None] = lambda: None,
                   ) -> np.ndarray:
    """Return the picture (H, W, 3) of robots that show the eight emotions.

    Args:
        robots: Names of robots, or their maps.
        on_picture: Told of each picture.
    """
    poses = [_middle(emotion) for emotion in EMOTIONS]
    rows = []
    for name in robots:
        model, robot_map = RobotModel.load(name), RobotMap.load(name)
        robot, picture = Retargeter(model, robot_map), RobotPicture(model, robot_map, CELL)
        row = []
        for emotion, pose in zip(EMOTIONS, poses, strict=True):
            robot.begin({})
            for _ in range(_HELD):
                command = robot.step(body_of(pose), 1 / RATE)
            image = picture.draw(dict(zip(command.names, command.position.tolist(), strict=True)))
            put_text(image, f"{robot_map.name}: {emotion}", (6, 14),
                     TextStyle(size=13, color=(40, 40, 40)))
            row.append(image)
            on_picture()
        picture.close()
        rows.append(np.concatenate(row, axis=1))
    return np.concatenate(rows)


def _middle(emotion: str) -> np.ndarray:
    """Return the pose (22, 3) axis-angle in the middle of an emotion that is performed."""
    request = ExpressionRequest(emotion=emotion)
    frames = perform_body(resolve(request), request,
                          PerformanceConfig(seconds=_SECONDS, rate=30.0)).frames
    at = len(frames.global_orient) // 2
    return np.concatenate([frames.global_orient[at][None],
                           frames.body_pose[at].reshape(21, 3)]).astype(float)
