"""All gestures at a glance: a sheet with each one's largest pose, and a video of one after another.

Both run the robot's live body (``expression.body_animator``), so they show what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from kinesics_core.body.gestures import Gesture
from kinesics_core.expression.body_animator import BodyAnimator, head_pose
from kinesics_core.render.encoder import Mp4Writer
from kinesics_core.render.text import TextStyle, put_text
from kinesics_core.skeletons import SMPLX_BODY
from kinesics_core.view.body_picture import BodyPicture
from kinesics_core.view.face_sheet import named_pictures

CELL = 180, 240
"""Width and height of a picture of the sheet, px."""

SIZE = 480, 640
"""Width and height of the video, px."""

COLUMNS = 12
"""Pictures in a row: each gesture has two, from the front and from the side."""

RATE = 30.0
"""Frames a second of the video."""

_SIDE = 1.05  # rad: how far the body turns for the second picture
_PAUSE = 0.4  # s of the video between two gestures
_LONGEST = 20.0  # s of a gesture
_NECK, _HEAD = SMPLX_BODY.index("neck") - 1, SMPLX_BODY.index("head") - 1


def parameters_of(animator: BodyAnimator, yaw: float = 0.0) -> dict[str, np.ndarray]:
    """Return the live body as ``body.skinning.vertices`` takes it, with a leading axis of 1.

    Args:
        animator: The body.
        yaw: By which all of it is turned, radians; its own turn of the pelvis is left out then.
    """
    pose = animator.body_pose
    pose[_NECK], pose[_HEAD] = head_pose(animator.head)
    left, right = animator.hands
    turn = np.array([0.0, yaw, 0.0]) if yaw else animator.global_orient
    return {
        "body_pose": pose[None], "global_orient": turn[None], "transl": animator.transl[None],
        "left_hand_pose": left[None], "right_hand_pose": right[None],
    }


def gesture_sheet(
    gestures: Mapping[str, Gesture], emotion: str = "neutral", intensity: float = 0.8,
    on_gesture: Callable[[], None] = lambda: None,
) -> np.ndarray:
    """Draw each gesture where it is furthest from rest, from the front and from the side.

    Args:
        gestures: By name; all are of the vocabulary.
        emotion: In which they are made.
        intensity: Of the emotion, 0..1.
        on_gesture: Told of each.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    names = []
    for name, gesture in gestures.items():
        names += [(name, ""), ("", f"{gesture.duration:.1f} s")]
    return named_pictures(
        names, _pictures(gestures, emotion, intensity, on_gesture), COLUMNS, CELL)


def _pictures(
    gestures: Mapping[str, Gesture], emotion: str, intensity: float, on_gesture: Callable[[], None]
) -> Iterator[np.ndarray]:
    picture = BodyPicture(CELL, smooth=True)
    for name in gestures:
        animator = BodyAnimator(0)
        rest = animator.body_pose
        if emotion != "neutral":
            animator.set_emotion(emotion, intensity)
            for _ in range(60):
                animator.step(1 / 30)
        animator.start(name)
        best, seen = -1.0, {}
        for _ in range(int(_LONGEST * RATE)):
            animator.step(1.0 / RATE)
            away = float(np.abs(animator.body_pose - rest).sum() + np.abs(animator.head).sum())
            if away > best:
                best = away
                seen = {yaw: parameters_of(animator, yaw) for yaw in (0.0, -_SIDE)}
            if not animator.gesture:
                break
        for parameters in seen.values():
            yield picture.draw(**parameters)
        on_gesture()


def write_video(
    path: Path, gestures: Mapping[str, Gesture], emotion: str = "neutral", intensity: float = 0.8,
    on_gesture: Callable[[], None] = lambda: None,
) -> int:
    """Write a video of one gesture after another, with its name and phase.

    Args:
        path: The .mp4; an older one stays until the new one is whole.
        gestures: By name; all are of the vocabulary.
        emotion: In which they are made.
        intensity: Of the emotion, 0..1.
        on_gesture: Told of each.

    Returns:
        The number of frames.

    Raises:
        RecordingError: There is no room or permission, or the encoder fails.
    """
    picture = BodyPicture(SIZE)
    animator = BodyAnimator(0)
    if emotion != "neutral":
        animator.set_emotion(emotion, intensity)
    count = 0
    with Mp4Writer(path, SIZE, RATE) as writer:
        for name in gestures:
            animator.start(name)
            after = 0
            while after < _PAUSE * RATE:
                phase = animator.phase
                image = picture.draw(**parameters_of(animator))
                put_text(image, name, (14, 30), TextStyle(22, (250, 250, 250), bold=True))
                put_text(image, phase, (14, 56), TextStyle(16, (225, 228, 232)))
                writer.write(image)
                animator.step(1.0 / RATE)
                count += 1
                after += not animator.gesture
            on_gesture()
    return count
