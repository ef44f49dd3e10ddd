"""Settings of seeing: where frames come from, and how people are found in them."""

from __future__ import annotations

from dataclasses import dataclass

from kinesics_core.camera import Lens
from kinesics_core.errors import ModelError, SourceError
from kinesics_core.settings import check, same_as, setting

VARIANTS = ("lite", "full", "heavy")
"""Sizes of MediaPipe's pose networks, from fast to accurate."""


@dataclass(frozen=True)
class CameraConfig:
    """Settings of a source of frames and of the topics they go to."""

    source: str = setting(
        "0", "Device number or path, address of a stream (rtsp://, http://, udp://),"
        " 'gst:PIPELINE', video file, image folder, several files joined with ',', 'topic:NAME' of"
        " a ROS image, or 'synthetic'")
    width: int = setting(
        640, "Frames are shrunk to fit, keeping their aspect", unit="px", bounds=(64, 7680))
    height: int = setting(
        480, "Frames are shrunk to fit, keeping their aspect", unit="px", bounds=(64, 4320))
    rate: float = setting(
        30.0, "Frames per second; 0: the source's own", unit="Hz", bounds=(0.0, 240.0))
    rotate: int = setting(
        0, "Turn images clockwise, for a camera that is mounted on its side or upside down",
        unit="deg", choices=(0, 90, 180, 270))
    mirror: bool = setting(
        False, "Exchange left and right, after turning, for a camera that mirrors its images")
    loop: bool = setting(False, "Start a file again when it ends")
    realtime: bool = setting(
        True, "Pace a file by its rate and stamp it with the wall clock; false: as fast as the"
        " next stage takes frames")
    reconnect_s: float = setting(
        2.0, "Wait before a lost camera is opened again; 0: give up", unit="s",
        bounds=(0.0, 600.0), live=True)
    frame_id: str = setting(
        "camera_optical_frame", "tf frame of the images (x right, y down)")
    calibration: str = setting(
        "", "Camera calibration YAML as camera_calibration writes it; empty: camera_info is made"
        " from horizontal_fov, without distortion")
    horizontal_fov: float = same_as(Lens, "horizontal_fov")
    jpeg_quality: int = setting(
        85, "JPEG quality of image_raw/compressed", unit="%", bounds=(10, 100), live=True)

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self, SourceError)


@dataclass(frozen=True)
class KeypointConfig:
    """Settings of ``landmarks.KeypointEstimator`` and of the topic its images come on.

    One person is followed by the holistic model, which sees every part at once: the largest in view
    at the beginning, for as long as that one is seen. For more, newcomers are looked for in a part
    of each frame in turn (a small, far one may take some tenths of a second to be found), and each
    person costs time.

    Attributes:
        smoothing: False turns off MediaPipe's own filter as well, which lags by up to a frame: for
            callers that smooth later. Blendshapes, scores and visibilities are never smoothed.
        expression_beside: Whether expressions are read beside the search for keypoints in the next
            image and come with that one: for live streams.
        memory: Seconds after which a person who comes back gets a new id.
        focal_length: Pixels at the size of the frames, for the head's pose; None assumes a usual
            lens, see ``head_pose``.

    Raises:
        ModelError: A value is out of its range.
    """

    variant: str = setting("lite", "Size of the pose network", choices=VARIANTS)
    max_persons: int = setting(
        1, "People followed at once; 1 uses the holistic graph, which is faster", bounds=(1, 20))
    min_confidence: float = setting(
        0.5, "Confidence that detection and tracking need", bounds=(0.05, 0.99))
    smoothing: bool = setting(True, "One-euro filter on the keypoints (Casiez et al. 2012)")
    expression_rate: float = setting(
        5.0, "Readings of each person's expression from the picture of the face per second; one"
        " person is read in a frame; 0: none, blendshapes alone tell of the face", unit="Hz",
        bounds=(0.0, 60.0))
    image_transport: str = setting(
        "compressed", "Between processes: JPEG arrives whole, raw images may not",
        choices=("raw", "compressed"))
    expression_beside: bool = False
    memory: float = 1.0
    focal_length: float | None = None

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self, ModelError)
