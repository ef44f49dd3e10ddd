"""The carriage of a body: what the score says, laid over what bodies do of themselves.

The latter is the slow unrest of standing, breath, and in a gait the turning of pelvis and trunk and
the swing of the arms. Couplings have the signs that anatomy gives them (arms against legs,
shoulders against the pelvis, hips back in a bow); their sizes are authored on a rendered body.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.synthesis.footwork import Gait, smooth
from kinesics_core.synthesis.performer import Performer


@dataclass(frozen=True, slots=True)
class Unrest:
    """Slow unrest of a living body, 1/f: standard deviations at liveliness 1; authored.

    Attributes:
        tones: Sines that it is the sum of, their lowest and highest frequency in Hz, and how far
            each may lie from its place, as the log of a factor.
        slope: Exponent of amplitude over frequency.
        spine, head, collars, heading: Radians.
        arm: The four angles of an arm, radians.
        shift, seat: Of the pelvis on the floor, and its height on a chair, metres.
    """

    tones: tuple[int, float, float, float] = (12, 0.07, 3.0, 0.15)
    slope: float = -0.9
    spine: float = 0.012
    head: float = 0.022
    collars: float = 0.010
    heading: float = 0.02
    arm: tuple[float, float, float, float] = (0.035, 0.035, 0.035, 0.05)
    shift: float = 0.008
    seat: float = 0.004


# Channels of the unrest.
_SPINE, _HEAD, _COLLARS, _SHIFT, _HEADING = slice(0, 3), slice(3, 6), slice(6, 8), slice(8, 10), 10
ARM_UNREST = {"left": slice(11, 15), "right": slice(15, 19)}
SEAT_UNREST = 19
_CHANNELS = 20


@dataclass(frozen=True, slots=True)
class Breath:
    """Breathing: 15 a minute, more when lively; authored.

    Attributes:
        hertz: Breaths a second at liveliness 1, and what liveliness adds.
        calmest: Least liveliness less 1 that counts.
        collars: Amplitude of the shoulders, radians.
    """

    hertz: tuple[float, float] = (0.25, 0.10)
    calmest: float = -0.6
    collars: float = 0.012


@dataclass(frozen=True, slots=True)
class GaitBody:
    """Movement of trunk and arms in a walk or a run at full pace; authored.

    Angles in radians, lengths in metres. The arms' swing grows with the extent of gestures, as it
    does with anger and joy (Roether, Omlor, Christensen & Giese 2009).

    Attributes:
        full_pace, most: Steps a second from which the swing is full, and how much it may exceed.
        settle: Standard deviation and reach of the filter over it, frames.
        running_from: Fastest speed from which a gait is a run, m/s.
        pelvis_yaw, pelvis_roll: Of the pelvis with the legs.
        spine_yaw, spine_roll: Of the trunk against the pelvis; yaw at extent 1.
        shift: Of the pelvis over the standing foot.
        arm_swing: In a walk and in a run, at extent 1; ``arm_swing_own``: standard deviation of
            its log from gait to gait.
        lean: Of the trunk, forward, in a walk and in a run.
        head_back: In a run, so that it looks ahead.
        bob, bob_phase: Rise of the pelvis in a run, and the phase of its top.
    """

    full_pace: float = 1.6
    most: float = 1.3
    settle: tuple[float, int] = (6.0, 15)
    running_from: float = 2.0
    pelvis_yaw: float = 0.09
    pelvis_roll: float = 0.05
    spine_yaw: float = 0.15
    spine_roll: float = 0.04
    shift: float = 0.022
    arm_swing: tuple[float, float] = (0.36, 0.55)
    arm_swing_own: float = 0.2
    lean: tuple[float, float] = (0.03, 0.16)
    head_back: float = 0.10
    bob: float = 0.035
    bob_phase: float = 0.8


@dataclass(frozen=True, slots=True)
class Trunk:
    """Limits and couplings of trunk, pelvis and head; authored, radians and metres.

    Attributes:
        low, high: Roll, pitch and yaw of the whole spine.
        pelvis: Share of a bend forward that the pelvis makes.
        hips_back: How far they go back per radian of bend.
        neck: Share of a bend beyond the posture that the neck takes back: people look ahead.
    """

    low: tuple[float, float, float] = (-0.5, -0.45, -0.7)
    high: tuple[float, float, float] = (0.5, 1.0, 0.7)
    pelvis: float = 0.35
    hips_back: float = 0.14
    neck: float = 0.4


UNREST, BREATH, GAIT, TRUNK = Unrest(), Breath(), GaitBody(), Trunk()


@dataclass(slots=True)
class Carriage:
    """The way a body is held over T times; radians and metres, of trunk and head as in a score.

    Attributes:
        part: The score's parts.
        unrest: (T, channels), of unit variance times liveliness.
        spine, head: (T, 3) roll, pitch, yaw. collars: (T, 2). shift: (T, 2). heading: (T,).
        pelvis: (T, 3) pitch, yaw, roll.
        swing: (T,) of the arms, left one back positive.
        bob: (T,) rise of the pelvis.
        running: Whether it is a run.
    """

    part: dict[str, np.ndarray]
    unrest: np.ndarray
    spine: np.ndarray
    head: np.ndarray
    collars: np.ndarray
    shift: np.ndarray
    heading: np.ndarray
    pelvis: np.ndarray
    swing: np.ndarray
    bob: np.ndarray
    running: bool = False

    @property
    def ahead(self) -> np.ndarray:
        """(T, 2) direction on the floor."""
        return np.stack([np.sin(self.heading), np.cos(self.heading)], axis=-1)

    @property
    def aside(self) -> np.ndarray:
        """(T, 2) direction to the own left on the floor."""
        return np.stack([np.cos(self.heading), -np.sin(self.heading)], axis=-1)


def carry(performer: Performer, times: np.ndarray, gait: Gait | None) -> Carriage:
    """Return how a performer is held at ``times`` (T,), with the gait of who walks or runs."""
    carriage = _carry(performer, times)
    if gait is not None:
        _add_gait(performer, carriage, gait, times)
    _couple_trunk(carriage)
    return carriage


def unrest(rng: np.random.Generator, times: np.ndarray, channels: int) -> np.ndarray:
    """Return noise (T, channels) of unit variance, 1/f over the frequencies of ``Unrest``."""
    tones, lowest, highest, spread = UNREST.tones
    hertz = np.geomspace(lowest, highest, tones) * np.exp(rng.uniform(-spread, spread, tones))
    size = hertz**UNREST.slope
    size *= np.sqrt(2.0 / np.sum(size**2))
    phase = rng.uniform(0.0, 2.0 * np.pi, (len(hertz), channels))
    turn = 2.0 * np.pi * np.outer(times, hertz)
    return (np.sin(turn) * size) @ np.cos(phase) + (np.cos(turn) * size) @ np.sin(phase)


def _carry(performer: Performer, times: np.ndarray) -> Carriage:
    """Return what the score says, with unrest and breath."""
    rng, style = performer.rng, performer.style
    part = performer.score.evaluate(times)
    drift = unrest(rng, times, _CHANNELS) * style.liveliness
    rate = BREATH.hertz[0] + BREATH.hertz[1] * max(style.liveliness - 1.0, BREATH.calmest)
    breath = np.sin(2 * np.pi * rate * times + rng.uniform(0, 2 * np.pi))
    return Carriage(
        part=part,
        unrest=drift,
        spine=part["spine"] + UNREST.spine * drift[:, _SPINE],
        head=part["head"] + UNREST.head * drift[:, _HEAD],
        collars=(part["collars"] + UNREST.collars * drift[:, _COLLARS]
                 + BREATH.collars * breath[:, None]),
        shift=part["shift"] + UNREST.shift * drift[:, _SHIFT],
        heading=part["heading"][:, 0] + UNREST.heading * drift[:, _HEADING],
        pelvis=np.zeros((len(times), 3)),
        swing=np.zeros(len(times)),
        bob=np.zeros(len(times)),
    )


def _add_gait(
    performer: Performer, carriage: Carriage, gait: Gait, times: np.ndarray
) -> None:
    """Turn pelvis, trunk and arms with the legs of a walk or a run."""
    extent = performer.style.extent
    carriage.heading = gait.heading + UNREST.heading * carriage.unrest[:, _HEADING]
    pace = np.gradient(gait.phase, times)
    speeds = np.linalg.norm(np.gradient(gait.path, times, axis=0), axis=1)
    carriage.running = running = bool(np.max(speeds) > GAIT.running_from)
    full = np.clip(pace / GAIT.full_pace, 0.0, GAIT.most)
    on = smooth(full[:, None], *GAIT.settle)[:, 0]
    side, turn = np.sin(np.pi * gait.phase) * on, np.cos(np.pi * gait.phase) * on
    carriage.pelvis[:, 1] -= GAIT.pelvis_yaw * turn
    carriage.pelvis[:, 2] += GAIT.pelvis_roll * side
    carriage.spine[:, 2] += GAIT.spine_yaw * turn * extent
    carriage.spine[:, 0] -= GAIT.spine_roll * side
    carriage.shift[:, 0] += GAIT.shift * side
    own = math.exp(GAIT.arm_swing_own * performer.rng.normal())
    carriage.swing = GAIT.arm_swing[running] * extent * own * turn
    carriage.spine[:, 1] += GAIT.lean[running]
    carriage.head[:, 1] -= GAIT.head_back if running else 0.0
    if running:
        carriage.bob = GAIT.bob * np.cos(2 * np.pi * (gait.phase - GAIT.bob_phase)) * on


def _couple_trunk(carriage: Carriage) -> None:
    """Keep the spine in its range, and let pelvis and hips take their part of a bend."""
    carriage.spine = np.clip(carriage.spine, TRUNK.low, TRUNK.high)
    forward = np.maximum(carriage.spine[:, 1], 0.0)
    carriage.pelvis[:, 0] += TRUNK.pelvis * forward
    carriage.shift[:, 1] -= TRUNK.hips_back * forward
