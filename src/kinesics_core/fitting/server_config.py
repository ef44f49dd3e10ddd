"""Settings of a server that fits bodies to recordings when it is asked to."""

from __future__ import annotations

from dataclasses import dataclass

from kinesics_core.settings import check, setting

QUEUES = ("wait", "preempt", "reject")


@dataclass(frozen=True)
class MeshFitConfig:
    """Settings of a server of fits: its directory, its queue and the models it fits with."""

    data_directory: str = setting("", "Goals read and write inside this directory alone")
    queue: str = setting(
        "wait", "What happens to a goal that comes while another is worked on: it waits its turn,"
        " takes the other's place, or is rejected", choices=QUEUES, live=True)
    queue_size: int = setting(
        10, "Goals that may wait; more are rejected", bounds=(1, 1000), live=True)
    body_model: str = setting(
        "", "SMPL-X, SMPL-H or SMPL file or folder; empty: the open body")
    prior: str = setting(
        "", "File or folder of the pose prior, such as a VPoser checkpoint's; empty: the shipped"
        " one")

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        check(self)
