"""The floor under our own speed: MediaPipe's holistic landmarker in a bare loop."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from kinesics_core.assets import store
from kinesics_core.perception.config import KeypointConfig


def peer_model(variant: str) -> Path:
    """Return the bundle of MediaPipe's own models, fetching it if need be.

    Raises:
        AssetError: It cannot be had.
    """
    return store.path(f"mediapipe-holistic-{variant}")


def plain_mediapipe_times(
    frames: Iterable[np.ndarray], variant: str = KeypointConfig.variant, rate: float = 30.0
) -> np.ndarray:
    """Return the seconds that MediaPipe alone takes for each frame, (n,) float64.

    The code is what MediaPipe's documentation shows: one HolisticLandmarker in VIDEO mode with
    blendshapes, one ``detect_for_video`` a frame; nothing is read from the result. Its models are
    MediaPipe's own, without the changes that ``assets.toml`` makes to those of
    ``KeypointEstimator``.

    Args:
        frames: (height, width, 3) uint8 RGB, one size.
        variant: One of ``VARIANTS``.
        rate: Frames per second that their stamps say.
    """
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.HolisticLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(peer_model(variant))),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
    )
    times = []
    with vision.HolisticLandmarker.create_from_options(options) as landmarker:
        for index, frame in enumerate(frames):
            start = time.perf_counter()
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame)
            landmarker.detect_for_video(image, round(index * 1000.0 / rate))
            times.append(time.perf_counter() - start)
    return np.array(times)
