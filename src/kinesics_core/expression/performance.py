"""A face that comes and goes: at rest, to an expression, back to rest, as the robot would do it.

``perform`` runs the animator that the robot's face has, so a performance blinks, breathes, looks
and moves its head; ``moments`` finds onset, apex and offset in any animation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kinesics_core.expression.face_animation import FaceAnimation
from kinesics_core.expression.face_animator import FaceAnimator
from kinesics_core.settings import check, setting
from kinesics_core.skeletons import ARKIT_BLENDSHAPES

_REST, _LONGEST_REST = 0.1, 0.5  # share of the time before the onset; its longest, seconds
_RETURN, _LONGEST_RETURN = 0.35, 2.0  # of the time that the way back to rest has; authored

_OPEN = 0.3  # eyeBlink above which a moment is a blink, and a neighbour shows the face better
_NEAR = 0.25  # seconds that a moment may be moved by for that
_SEEN = 0.15  # length of the change of weights up to which a face only breathes and twitches

_EXPRESSIVE = np.array([not name.startswith(("eyeLook", "eyeBlink"))
                        for name in ARKIT_BLENDSHAPES])
_BLINKS = np.array([name.startswith("eyeBlink") for name in ARKIT_BLENDSHAPES])


@dataclass(frozen=True)
class PerformanceConfig:
    """Settings of a performance.

    Raises:
        KinesicsError: A value is out of its range.
    """

    seconds: float = setting(
        6.0, "Length, from rest to rest; what is read from a file has its own", unit="s",
        bounds=(1.0, 600.0))
    rate: float = setting(
        60.0, "Frames per second; what is read from a file is resampled if it is given", unit="Hz",
        bounds=(5.0, 240.0))
    seed: int = setting(
        0, "Seed of blinks, glances and small movements", bounds=(0, 2**31 - 1))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)


def course(config: PerformanceConfig) -> tuple[np.ndarray, float, float]:
    """Return the times (T,) of a performance's frames, and when it begins and lets go, seconds."""
    count = round(config.seconds * config.rate) + 1
    begin = min(_REST * config.seconds, _LONGEST_REST)
    end = config.seconds - min(_RETURN * config.seconds, _LONGEST_RETURN)
    return np.arange(count) / config.rate, begin, end


def perform(show: Callable[[FaceAnimator], None], config: PerformanceConfig) -> FaceAnimation:
    """Return a face from rest to what is shown and back, looking at whoever sees it.

    Args:
        show: Tells the animator, at rest until then, what to show.
        config: Length, rate, seed.
    """
    times, begin, end = course(config)
    animator = FaceAnimator(config.seed)
    animator.look(np.zeros(2))
    began = ended = False
    shapes, gazes, heads = [], [], []
    for index, time in enumerate(times):
        if not began and time >= begin:
            show(animator)
            began = True
        if not ended and time >= end:
            animator.show_face(np.zeros(len(ARKIT_BLENDSHAPES)))
            ended = True
        if index:
            animator.step(1.0 / config.rate)
        head = animator.head
        eyes = animator.eyes(head)
        shapes.append(animator.blendshapes(eyes))
        gazes.append(eyes)
        heads.append(head)
    return FaceAnimation(times, np.array(shapes, np.float32), np.array(gazes, np.float32),
                         np.array(heads, np.float32))


def moments(animation: FaceAnimation) -> dict[str, int]:
    """Return the frames that tell an animation, by name and in order.

    They are "rest" (the first), "onset" (half of the change from there), "apex" (the middle of
    where it is strongest), "offset" (half again) and "end"; those that do not exist are left out.
    Blinks are no change, and a frame is moved a little to have the eyes open.
    """
    change = np.linalg.norm(
        (animation.blendshapes - animation.blendshapes[0])[:, _EXPRESSIVE], axis=1)
    return _eyes_open(animation, telling(change, _SEEN))


def telling(change: np.ndarray, seen: float) -> dict[str, int]:
    """Return the frames that tell a movement, by name and in order; see ``moments``.

    Args:
        change: (T,) how far each frame is from the first.
        seen: Change up to which nothing but rest is there.
    """
    found = {"rest": 0}
    peak = float(change.max())
    last = len(change) - 1
    if peak > seen:
        strongest = int(np.argmax(change))
        weak = change < 0.95 * peak
        before = np.flatnonzero(weak[:strongest])
        after = np.flatnonzero(weak[strongest:])
        first_strong = int(before[-1]) + 1 if len(before) else 0
        last_strong = strongest + int(after[0]) - 1 if len(after) else last
        half = change < 0.5 * peak
        before, after = np.flatnonzero(half[:first_strong]), np.flatnonzero(half[last_strong:])
        if len(before):
            found["onset"] = min(int(before[-1]) + 1, first_strong)
        found["apex"] = (first_strong + last_strong) // 2
        if len(after):
            found["offset"] = last_strong + int(after[0])
    if last:
        found["end"] = last
    return found


def _eyes_open(animation: FaceAnimation, found: dict[str, int]) -> dict[str, int]:
    """Move frames within a blink to the nearest one with open eyes, if that is near."""
    lids = animation.blendshapes[:, _BLINKS].max(axis=1)
    result = {}
    for name, frame in found.items():
        away = np.abs(animation.times - animation.times[frame])
        near = np.flatnonzero((away <= _NEAR) & (lids < _OPEN))
        closed = lids[frame] >= _OPEN and len(near)
        result[name] = int(near[np.argmin(away[near])]) if closed else frame
    return result
