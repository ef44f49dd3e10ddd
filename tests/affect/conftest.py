"""People made by a known process: faces from action units, bodies from forward kinematics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import seen_person

from kinesics_core.types import Person


@pytest.fixture
def hanging_arms() -> np.ndarray:
    """body_pose (21, 3) of a person who stands still."""
    return seen_person.hanging_arms()


@pytest.fixture
def make_person() -> Callable[..., Person]:
    """A person seen from the front in 640x480: make_person(id, pose, face, at, scale, legs)."""
    return seen_person.seen_person
