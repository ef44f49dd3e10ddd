"""People in front of the robot, made by forward kinematics."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from seen_person import seen_person

from kinesics_core.types import Person


@pytest.fixture
def make_person() -> Callable[..., Person]:
    """A person seen from the front in 640x480: make_person(id, pose, face, at, scale, legs)."""
    return seen_person
