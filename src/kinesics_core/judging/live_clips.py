"""Clips of the live body: what ``kinesics eval express`` and a watcher judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.animator import Animator
from kinesics_core.judging.features import movement_features
from kinesics_core.kinematics import REST_OFFSETS, coco_from_smplx_body, forward_kinematics
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY_PARENTS
from kinesics_core.types import NANOSECONDS

RATE = 30.0
"""Frames per second of a clip."""

SECONDS = 6.0
"""Seconds of a clip, where nobody says otherwise."""

SHORTEST = 2.0
"""Seconds that a clip has at least: an onset and something after it."""

_BEFORE = 1.0  # s of rest before a clip


@dataclass(frozen=True, slots=True)
class LiveClip:
    """A clip from the onset of an emotion on.

    Attributes:
        emotion: Index into ``EMOTIONS``.
        intensity: 0..1.
        seed: Of the body.
        gesture: That comes with it, or "".
        rotations: (T, 22, 3) axis-angle, radians, pelvis first, at ``RATE``.
        transl: (T, 3) metres, of the pelvis from the T-pose.
    """

    emotion: int
    intensity: float
    seed: int
    gesture: str
    rotations: np.ndarray
    transl: np.ndarray

    def keypoints(self) -> np.ndarray:
        """Return COCO-17 (T, 17, 3), metres from where the pelvis is in T-pose."""
        positions, turned = forward_kinematics(
            exponential(self.rotations.astype(np.float64)), REST_OFFSETS, SMPLX_BODY_PARENTS)
        return coco_from_smplx_body(positions, turned) + self.transl[:, None]

    def features(self) -> np.ndarray:
        """Return its features (25,)."""
        return movement_features(self.keypoints() - self.transl[:, None], RATE)


def live_clip(
    emotion: int, intensity: float, seed: int, seconds: float = SECONDS, gesture: str = ""
) -> LiveClip:
    """Return what the live body shows of an emotion that begins after a second of rest.

    Raises:
        KinesicsError: The clip is shorter than ``SHORTEST``, or the animator refuses a value.
    """
    if not seconds >= SHORTEST:
        raise KinesicsError(f"Got clips of {seconds} s; wanted {SHORTEST:g} s at least.")
    animator = Animator(seed)
    step = NANOSECONDS / RATE
    before = int(_BEFORE * RATE)
    for frame in range(before):
        animator.step(int(frame * step))
    if emotion != NEUTRAL or gesture:
        animator.express(emotion, intensity, seconds + _BEFORE, gesture)
    bodies = [animator.step(int((before + frame) * step))[1]
              for frame in range(int(seconds * RATE))]
    rotations = np.array([np.concatenate([body.global_orient[None], body.body_pose])
                          for body in bodies])
    return LiveClip(emotion, intensity, seed, gesture, rotations,
                    np.array([body.transl for body in bodies]))


def live_clips(
    intensities: Sequence[float], seeds: Iterable[int], seconds: float = SECONDS, gesture: str = "",
) -> list[LiveClip]:
    """Return a clip of every emotion, intensity and seed; one neutral clip a seed."""
    clips = []
    for seed in seeds:
        for emotion in range(len(EMOTIONS)):
            for intensity in intensities if emotion != NEUTRAL else (1.0,):
                clips.append(live_clip(emotion, intensity, seed, seconds, gesture))
    return clips
