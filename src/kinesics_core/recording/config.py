"""Settings of a recorder."""

from __future__ import annotations

from dataclasses import dataclass

from kinesics_core.errors import RecordingError
from kinesics_core.settings import check, setting


@dataclass(frozen=True)
class RecorderConfig:
    """Settings of the recording of a graph into a bag."""

    bag: str = setting("", "Directory to write; X_1 where X is a bag; empty: kinesics_<date>")
    takes: str = setting(
        "", "Directory of takes; where it is set nothing is recorded but takes asked for by the "
        "action record_take")
    topics: list[str] = setting(
        ["image_raw/compressed", "camera_info", "persons", "forecast", "affect/body", "affect",
         "signals", "response", "face_pose", "body_pose"], "Topics to record")
    reserve_mb: int = setting(
        200, "Recording ends when the disk has less room left", unit="MB", bounds=(1, 10**6))
    flush_s: float = setting(
        1.0, "A killed recorder loses at most this much", unit="s", bounds=(0.1, 60.0))

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self, RecordingError)
