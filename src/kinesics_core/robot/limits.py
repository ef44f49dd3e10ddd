"""Limits of a robot's joints, and how they move within them: position, velocity, acceleration.

A joint that is fast near its end cannot stop in time; ``Limiter`` keeps every joint where braking
with its acceleration still ends within its range, whatever it is asked for (viability: Decre et
al., ICRA 2009; Del Prete, RA-L 2018):

    v_next <= min(v_max, v + a dt, -a r + sqrt(a^2 r^2 + 2 a distance)),  r = dt + h / 2

and its mirror, where distance is that to the end of the range and h the spacing of the points of
the braking tail that every command carries (``trajectory``): with h / 2 more, a tail that ends on
one of its points ends within the range, too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinesics_core.errors import ModelError
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.robot_map import JointLimits, RobotMap

TAIL_SPACING = 1 / 30
"""Seconds between the points of the braking tail."""

SECONDS_TO_SPEED = 0.125
"""Time in which a joint of which no acceleration is known reaches its fastest speed, s; authored,
at the slow end of what arms of humanoids do."""

MOST_ACCELERATION = 40.0
"""Acceleration of a joint of which none is known, at most, rad/s^2."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of N joints; radians, or metres of sliding ones, and seconds.

    Attributes:
        names: The joints.
        lower, upper: (N,) positions.
        velocity: (N,) fastest speed.
        acceleration: (N,) largest acceleration, either way.
        jerk: (N,) largest change of acceleration a second, inf for none; None: of no joint.
    """

    names: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray | None = None


def limits_of(model: RobotModel, robot_map: RobotMap, joints: list[str]) -> Limits:
    """Return the limits of joints: the map's, else the description's; the map's speed at most.

    Raises:
        ModelError: A joint has no range or no speed in either.
    """
    rows = []
    for name in joints:
        given = robot_map.limits.get(name, JointLimits())
        own = model.limits(name)
        lower, upper, velocity = (
            known if math.isnan(value) else value for known, value in
            zip(own, (given.lower, given.upper, given.velocity), strict=True))
        for what, value in (("range", lower), ("range", upper), ("speed", velocity)):
            if not math.isfinite(value):
                raise ModelError(
                    f"Joint {name!r} of {model.urdf.path} has no {what}, so it must not move. Give"
                    f" it one in {robot_map.path} (limits: {name}: {{lower, upper, velocity}}), or"
                    " take the joint out of joints:.")
        if not lower < upper:
            raise ModelError(f"Joint {name!r} has the range {lower:g} to {upper:g} in"
                             f" {robot_map.path}; the first must be smaller.")
        velocity = min(velocity, robot_map.speed)
        acceleration = given.acceleration
        if math.isnan(acceleration):
            acceleration = min(velocity / SECONDS_TO_SPEED, MOST_ACCELERATION)
        jerk = robot_map.jerk if math.isnan(given.jerk) else given.jerk
        rows.append((lower, upper, velocity, acceleration, jerk))
    table = np.array(rows, float).reshape(-1, 5).T.copy()
    lower, upper, velocity, acceleration, jerk = table
    return Limits(tuple(joints), lower, upper, velocity, acceleration,
                  jerk if np.isfinite(jerk).any() else None)


class Limiter:
    """Joints on their way to moving targets, always within their limits.

    Args:
        limits: Of the joints.
        start: (N,) positions, within the limits; moved there where they are not.
        spacing: Seconds between the points of the braking tail.
    """

    def __init__(self, limits: Limits, start: np.ndarray, spacing: float = TAIL_SPACING) -> None:
        self.limits = limits
        self.position = np.clip(start, limits.lower, limits.upper)
        self.velocity = np.zeros(len(start))
        self.acceleration = np.zeros(len(start))
        self.spacing = spacing
        # To the target, to the upper end, to the lower end.
        self._distances = np.empty((3, len(start)))
        self._times = np.empty((3, 1))
        self._accelerations = np.stack([limits.acceleration] * 3)
        self._twice = 2 * self._accelerations
        self.half_inverse = 0.5 / limits.acceleration
        # Velocities that the ends of the range and the speed allow.
        self._highest = self._lowest = np.zeros(len(start))

    def next_velocity(self, target: np.ndarray, target_velocity: np.ndarray, dt: float,
                      speed: float = 1.0) -> np.ndarray:
        """Return the velocity (N,) of the next ``dt`` seconds towards targets that move.

        Args:
            target: (N,) positions.
            target_velocity: (N,) their velocities, which are kept up with.
            dt: Seconds, more than 0.
            speed: Share of the fastest speed that is allowed, 0..1.
        """
        known, distances, times = self.limits, self._distances, self._times
        error = target - self.position
        to_target, to_upper, to_lower = distances
        np.abs(error, out=to_target)
        np.subtract(known.upper, self.position, out=to_upper)
        np.subtract(self.position, known.lower, out=to_lower)
        times[0], times[1:] = dt, dt + 0.5 * self.spacing
        # The fastest speeds from which joints still stop within the distances.
        change = self._accelerations * times
        braking = np.sqrt(change * change + self._twice * distances) - change
        # Towards the target as fast as braking allows, beside keeping up with it.
        closing = np.minimum(braking[0], to_target / dt)
        wanted = target_velocity + np.copysign(closing, error)
        # What the range and the speed allow, and then what the acceleration does.
        fastest = known.velocity if speed == 1.0 else speed * known.velocity
        self._highest = np.minimum(braking[1], fastest)
        self._lowest = -np.minimum(braking[2], fastest)
        return self._reached(wanted, change[0])

    def allowed(self, velocity: np.ndarray, dt: float, speed: float) -> np.ndarray:
        """Return a velocity (N,) that others have found, or the nearest within the limits."""
        self.next_velocity(self.position, np.zeros(len(velocity)), dt, speed)
        return self._reached(velocity, self.limits.acceleration * dt)

    def reachable(self, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the slowest and the fastest velocity (N,) of a step, as ``next_velocity`` saw."""
        change = self.limits.acceleration * dt
        slowest, fastest = np.full((2, len(change)), ((-np.inf,), (np.inf,)))
        return self._reached(slowest, change), self._reached(fastest, change)

    def _reached(self, wanted: np.ndarray, change: np.ndarray) -> np.ndarray:
        wanted = np.minimum(np.maximum(wanted, self._lowest), self._highest)
        return np.minimum(np.maximum(wanted, self.velocity - change), self.velocity + change)

    def move(self, velocity: np.ndarray, dt: float) -> None:
        """Go on with a velocity (N,) of ``next_velocity`` for ``dt`` seconds."""
        self.acceleration = (velocity - self.velocity) / dt
        self.position = np.minimum(np.maximum(
            self.position + velocity * dt, self.limits.lower), self.limits.upper)
        self.velocity = velocity

    def coast(self, elapsed: float) -> None:
        """Be where the braking tail leads in ``elapsed`` seconds: nobody commanded meanwhile."""
        position, velocity = braking_tail(
            self.position, self.velocity, self.limits, elapsed, self.spacing)
        self.acceleration = (velocity - self.velocity) / max(elapsed, 1e-9)
        self.position = np.clip(position, self.limits.lower, self.limits.upper)
        self.velocity = velocity


def braking_tail(
    position: np.ndarray, velocity: np.ndarray, limits: Limits, after: float,
    spacing: float = TAIL_SPACING,
) -> tuple[np.ndarray, np.ndarray]:
    """Return where joints are that brake to a stand.

    Each brakes evenly, as hard as it may or a little less: it stands at a multiple of ``spacing``,
    or before it at the end of its range, which is where it stands after a gap that ended between
    two points of the tail before.

    Args:
        position: (N,) where they begin.
        velocity: (N,) how fast.
        limits: Theirs.
        after: Seconds since.
        spacing: Seconds.

    Returns:
        Positions (N,) and velocities (N,).
    """
    speed = np.abs(velocity)
    points = np.ceil(speed / (limits.acceleration * spacing) - 1e-9)
    room = np.where(velocity > 0.0, limits.upper - position, position - limits.lower)
    stop = np.minimum(np.maximum(points, 1.0) * spacing, 2.0 * room / np.maximum(speed, 1e-9))
    stop = np.maximum(stop, 1e-9)
    time = np.minimum(after, stop)
    left = 1.0 - time / stop
    return position + velocity * time * (1.0 + left) / 2, velocity * left


def braking_end(
    position: np.ndarray, velocity: np.ndarray, limits: Limits, spacing: float,
) -> np.ndarray:
    """Return where joints (N,) stand that brake as in ``braking_tail``."""
    points = np.ceil(np.abs(velocity) / (limits.acceleration * spacing) - 1e-9)
    end = position + velocity * (np.maximum(points, 1.0) * (0.5 * spacing))
    return np.minimum(np.maximum(end, limits.lower), limits.upper)
