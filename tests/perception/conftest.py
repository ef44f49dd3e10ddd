"""Real people, from public test material (see assets.toml), read once."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from kinesics_core.assets import store
from kinesics_core.perception.sources import open_source
from kinesics_core.types import Frame

FRAME = 33_333_333


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """(512, 512, 3) RGB: Eileen Collins, smiling, facing the camera, arms at rest."""
    return cv2.imread(str(store.path("portrait")))[:, :, ::-1].copy()


@pytest.fixture(scope="session")
def talking() -> list[Frame]:
    """The first 40 frames of a man talking in a car, 176 x 144."""
    with open_source(store.path("demo-face"), realtime=False) as source:
        return [source.read() for _ in range(40)]


@pytest.fixture(scope="session")
def balancing() -> list[Frame]:
    """A person balancing on one leg, 25 frames of 360 x 640 at 30 Hz."""
    with open_source(store.path("demo-body"), rate=30, fit=(640, 640), realtime=False) as source:
        return [source.read() for _ in range(25)]
