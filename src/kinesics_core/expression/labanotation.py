"""Reader of gestures in Microsoft's Labanotation JSON (LabanotationSuite, gestureBotDesignKit).

A file maps names to key frames; each gives, for head, elbows and wrists, a direction ("forward",
"left forward", "place" ...), a level ("high", "normal", "low") and the seconds that the move there
takes. An elbow's direction is the upper arm's, a wrist's the forearm's; levels are 45 degrees
apart. Hands' shapes are not written and stay loose.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.body.arm_poses import AT_EASE, ArmPose
from kinesics_core.body.gestures import Gesture, KeyPose
from kinesics_core.errors import KinesicsError

LEFT_OUT = frozenset({"test", "dummy", "initialize"})
"""Names of Microsoft's library that are no gestures."""

_COURSES = {"forward": (0.0, 1.0), "backward": (0.0, -1.0), "left": (1.0, 0.0),
            "right": (-1.0, 0.0)}  # to the body's left, and forward
_LEVELS = {"high": 0.5, "normal": 0.0, "low": -0.5}  # quarter turns up
_ELBOWS, _WRISTS = ("lelbow", "relbow"), ("lwrist", "rwrist")
_HEAD_YAW, _HEAD_PITCH = 0.5, {"high": -0.25, "normal": 0.0, "low": 0.30}  # rad: 45 degrees is more
_CURL, _UPRIGHT_CURL = 0.25, 0.08  # of a hand's fingers, and of one that is held up
_FASTEST = 3.0  # rad/s on average of a move to a pose: files have moves of .05 s
_RETURN = 0.9  # s: what a move back to rest has beyond it, the pose before is held
_LAST = 0.6  # s of the way back that a file does not have
_LONGEST = 60.0  # s of a move
_SAME = 1e-6

# The trunk as an upright elliptical cylinder below the shoulders, and the head as a ball; metres
# from the left shoulder joint: own side, up, forward.
_SHOULDER, _UPPER, _FORE = 0.17, 0.26, 0.25
_TRUNK_WIDE, _TRUNK_DEEP, _BELOW = 0.23, 0.19, -0.55
_HEAD_AT, _HEAD_RADIUS = (0.0, 0.24, 0.04), 0.15
_ACROSS = 0.4  # share of an upper arm's way across the chest that is made
_ALONG = (0.2, 0.35, 0.7, 1.0, 1.5)  # where a forearm with its hand is tried
_HAND = 1.6  # where the fingers are, in forearms
_OBLIQUE, _IN_FRONT = 0.3, 0.35  # forward part of forearms that meet; what a crossing arm adds
_PUSH = 0.15  # by which its direction goes forward until it is clear


def read_labanotation(path: Path) -> dict[str, Gesture]:
    """Read a file of gestures.

    Returns:
        Name -> gesture, without those of ``LEFT_OUT`` and those that do not leave rest; blanks in
        names become underscores.

    Raises:
        KinesicsError: The file cannot be read, or a key frame of it is none.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise KinesicsError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(document, dict) or not document:
        raise KinesicsError(f"{path}: wanted a name with a list of key frames for each gesture.")
    found = {}
    for name, frames in document.items():
        if name in LEFT_OUT:
            continue
        gesture = _gesture(name, frames, f"{path}: gesture {name!r}")
        if gesture is not None:
            found["_".join(name.split())] = gesture
    return found


def clear_of_trunk(upper: np.ndarray, fore: np.ndarray) -> np.ndarray:
    """Return the forearm's direction (3,) turned forward until it clears trunk and head.

    Args:
        upper: (3,) unit direction of the upper arm, as ``ArmPose`` has it.
        fore: (3,) unit direction of the forearm.
    """
    elbow = np.array([_SHOULDER, 0.0, 0.0]) + _UPPER * upper
    clear = fore.copy()
    for _ in range(20):
        points = elbow + np.outer(_ALONG, _FORE * clear)
        level = (points[:, 1] > _BELOW) & (points[:, 1] < 0.06)
        trunk = (points[:, 0] / _TRUNK_WIDE) ** 2 + (points[:, 2] / _TRUNK_DEEP) ** 2 < 1.0
        head = np.linalg.norm(points - _HEAD_AT, axis=1) < _HEAD_RADIUS
        if not (head | (trunk & level)).any():
            break
        clear = clear + (0.0, 0.0, _PUSH)
        clear /= np.linalg.norm(clear)
    return clear


def _gesture(name: str, frames: Any, where: str) -> Gesture | None:
    if not isinstance(frames, list) or not frames:
        raise KinesicsError(f"{where}: got {frames!r}; wanted a list of key frames.")
    keys: list[KeyPose] = []
    now, before = 0.0, KeyPose(0.0)
    asked = 0.0
    for number, frame in enumerate(frames):
        pose, asked = _key(frame, f"{where}, key frame {number}")
        if number == 0 and asked == 0.0 and _turn(before, pose) < _SAME:
            continue
        wanted = _turn(before, pose) / _FASTEST
        if _turn(pose, KeyPose(0.0)) < _SAME:  # at rest: what is too long is a hold before
            held = max(0.0, asked - _RETURN)
            if held > 0.0 and keys and _turn(before, pose) >= _SAME:
                now += held
                keys.append(_at(before, now))
                asked -= held
        now += max(asked, wanted, 1e-3 if number == 0 else 0.02)
        pose = _at(pose, now)
        keys.append(pose)
        before = pose
    rest = KeyPose(0.0)
    while keys and _turn(keys[-1], rest) < _SAME:  # the way back is the gesture's end
        end = keys.pop().time
        asked = end - keys[-1].time if keys else 0.0
        now = end
        if keys and _turn(keys[-1], rest) >= _SAME:
            return Gesture(round(now, 3), _thinned(keys), name)
    if not keys:
        return None
    return Gesture(round(now + max(_LAST, _turn(keys[-1], rest) / _FASTEST), 3), _thinned(keys),
                   name)


def _thinned(keys: list[KeyPose]) -> tuple[KeyPose, ...]:
    """Return keys without those in the middle of a hold."""
    kept = [key for number, key in enumerate(keys)
            if not (0 < number < len(keys) - 1 and _turn(keys[number - 1], key) < _SAME
                    and _turn(key, keys[number + 1]) < _SAME)]
    return tuple(kept)


def _at(key: KeyPose, time: float) -> KeyPose:
    return KeyPose(round(time, 3), key.left, key.right, head=key.head)


def _key(frame: Any, where: str) -> tuple[KeyPose, float]:
    """Return the pose of a key frame and the seconds that the move there takes."""
    if not isinstance(frame, Mapping):
        raise KinesicsError(f"{where}: got {frame!r}; wanted 'head', 'lelbow', 'lwrist' and so on.")
    unknown = set(frame) - {"time", "head", *_ELBOWS, *_WRISTS}
    if unknown:
        raise KinesicsError(
            f"{where}: {', '.join(sorted(unknown))} is none of head, lelbow, lwrist, relbow,"
            " rwrist.")
    longest = 0.0
    parts = {}
    for name in ("head", *_ELBOWS, *_WRISTS):
        part = frame.get(name, {"dir": "place" if name != "head" else "forward",
                                "lvl": "low" if name != "head" else "normal", "dur": 0.0})
        try:
            words, level, seconds = part["dir"].split(), part["lvl"], float(part["dur"])
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise KinesicsError(
                f"{where}, {name}: got {part!r}; wanted 'dir', 'lvl' and 'dur'.") from error
        if level not in _LEVELS or not words or set(words) - {*_COURSES, "place"}:
            raise KinesicsError(
                f"{where}, {name}: got direction {part['dir']!r}, level {level!r}; wanted 'place'"
                f" or {', '.join(_COURSES)}, and one of {', '.join(_LEVELS)}.")
        if not abs(seconds) <= _LONGEST:
            raise KinesicsError(
                f"{where}, {name}: got {seconds} seconds; wanted at most {_LONGEST:g}.")
        longest = max(longest, seconds)  # files have a few below 0: at once
        parts[name] = (words, level)
    words, level = parts["head"]
    yaw = _HEAD_YAW * sum(_COURSES.get(word, (0.0, 0.0))[0] for word in words)
    arms = [_arm(parts[elbow], parts[wrist], side)
            for elbow, wrist, side in zip(_ELBOWS, _WRISTS, (1.0, -1.0), strict=True)]
    left, right = _uncrossed(arms[0], arms[1])
    return KeyPose(0.0, left, right, head=(0.0, _HEAD_PITCH[level], yaw)), longest


def _uncrossed(
    left: ArmPose | None, right: ArmPose | None
) -> tuple[ArmPose | None, ArmPose | None]:
    """Return arms that do not go through one another where both cross the middle.

    Forearms that point forward meet with their hands; others cross, the left one in front.
    """
    if left is None or right is None or max(_hand(left), _hand(right)) >= 0.0:
        return left, right
    if min(left.fore[2], right.fore[2]) > _OBLIQUE:
        return _meeting(left), _meeting(right)
    x, y, z = left.upper
    return replace(left, upper=(x, y, round(z + _IN_FRONT, 3))), right


def _hand(arm: ArmPose) -> float:
    """Return how far the hand is on the arm's own side, metres from the middle."""
    upper, fore = (np.array(part) / np.linalg.norm(part) for part in (arm.upper, arm.fore))
    return float(_SHOULDER + _UPPER * upper[0] + _HAND * _FORE * fore[0])


def _meeting(arm: ArmPose) -> ArmPose:
    x, y, z = arm.fore
    while _hand(arm) < 0.0:
        x += 0.05
        arm = replace(arm, fore=(round(x, 3), y, z))
    return arm


def _arm(
    elbow: tuple[list[str], str], wrist: tuple[list[str], str], side: float
) -> ArmPose | None:
    """Return an arm's pose; None hangs. ``side`` is 1 left and -1 right."""
    upper, fore = (_direction(words, level, side) for words, level in (elbow, wrist))
    ease_upper, ease_fore = (np.array(part) / np.linalg.norm(part)
                             for part in (AT_EASE.upper, AT_EASE.fore))
    if upper is None and fore is None:
        return None
    if upper is None:
        upper = ease_upper
    if fore is None:
        fore = ease_fore
    if upper[0] < 0.0:
        upper = upper * (_ACROSS, 1.0, 1.0)
        upper[2] += 1.0 - np.linalg.norm(upper)  # an arm gets across in front of the chest only
        upper /= np.linalg.norm(upper)
    fore = clear_of_trunk(upper, fore)
    curl = _UPRIGHT_CURL if fore[1] > 0.5 else _CURL

    def rounded(values: np.ndarray) -> tuple[float, float, float]:
        x, y, z = (round(float(value), 3) for value in values)
        return x, y, z

    return ArmPose(rounded(upper), rounded(fore), curl=curl)


def _direction(words: list[str], level: str, side: float) -> np.ndarray | None:
    """Return a direction (3,) on the arm's own side; None is hanging down."""
    if words == ["place"]:
        return np.array([0.0, 1.0, 0.0]) if level == "high" else None
    level_angle = 0.5 * math.pi * _LEVELS[level]
    course = np.sum([_COURSES.get(word, (0.0, 0.0)) for word in words], axis=0)
    course = course / max(float(np.linalg.norm(course)), 1e-9) * math.cos(level_angle)
    return np.array([side * course[0], math.sin(level_angle), course[1]])


def _turn(one: KeyPose, other: KeyPose) -> float:
    """Return the largest turn between two poses, radians."""
    found = float(np.abs(np.array(one.head) - other.head).max())
    for a, b in ((one.left, other.left), (one.right, other.right)):
        if a == b:
            continue
        a, b = a or AT_EASE, b or AT_EASE
        for first, second in ((a.upper, b.upper), (a.fore, b.fore)):
            cosine = np.dot(first, second) / (np.linalg.norm(first) * np.linalg.norm(second))
            found = max(found, math.acos(max(-1.0, min(1.0, float(cosine)))))
    return found
