"""Ports of killed processes, and how a new process keeps away from them.

Fast DDS sends between the processes of a computer through ports in shared memory. A process that
is killed leaves its port behind, and the next process to start takes the same number: it deletes
the dead port and makes a new one. Who sent to the dead one goes on sending into the deleted
memory until its watchdog finds out, which takes one to three and a half seconds; in that time
both sides say that they are connected, and nothing arrives
(https://github.com/eProsima/Fast-DDS/pull/4728). A process that takes another number hears at
once.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import rclpy

SHARED_MEMORY = Path("/dev/shm")
"""Folder where Fast DDS keeps its ports."""

NUMBERS = 16
"""Numbers of participants among which a free one is looked for; Fast DDS finds the first 32 of a
computer without multicast."""

_OWN_PROFILES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")
_PROFILES_HERE = ("DEFAULT_FASTRTPS_PROFILES.xml", "DEFAULT_FASTDDS_PROFILES.xml")


def ports(domain: int, number: int) -> tuple[int, int]:
    """Return a participant's ports for discovery and for data.

    Args:
        domain: ROS_DOMAIN_ID.
        number: The participant's on this computer, from 0 on.

    Returns:
        The ports by the rule of RTPS 2.2, section 9.6.1.1, with its default numbers.
    """
    discovery = 7400 + 250 * domain + 10 + 2 * number
    return discovery, discovery + 1


@contextlib.contextmanager
def avoided(folder: Path = SHARED_MEMORY) -> Iterator[list[int]]:
    """Keep the first node that is made within from taking the place of a killed process.

    It has an effect with Fast DDS only, and none where the user gave Fast DDS a profile. rclpy
    must be initialised.

    Args:
        folder: Where Fast DDS keeps its ports.

    Yields:
        The numbers of participants that are kept from being taken.
    """
    if not rclpy.get_rmw_implementation_identifier().startswith("rmw_fastrtps") or (
            any(os.environ.get(name) for name in _OWN_PROFILES)) or (
            any(Path(name).exists() for name in _PROFILES_HERE)):
        yield []
        return
    domain = rclpy.get_default_context().get_domain_id()
    with contextlib.ExitStack() as held:
        numbers = _to_avoid(domain, folder)
        for number in numbers:
            for port in ports(domain, number):
                if (taken := _take(port)) is not None:
                    held.enter_context(taken)
        yield numbers


def _to_avoid(domain: int, folder: Path) -> list[int]:
    """Return the dead numbers below the first that is free; all but the oldest if none is."""
    dead: list[tuple[float, int]] = []
    for number in range(NUMBERS):
        discovery, data = ports(domain, number)
        if (began := _dead_since(folder, data)) is not None:
            dead.append((began, number))
        elif (free := _take(discovery)) is not None:
            free.close()
            return [number for _, number in dead]
    return sorted(number for _, number in sorted(dead)[1:])


def _dead_since(folder: Path, port: int) -> float | None:
    """Return when a killed process made a port that it left; None: it lives, or there is none.

    As ``fastdds shm clean`` does, it asks for the lock that a living process holds.
    """
    try:
        with (folder / f"fastrtps_port{port}_el").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return (folder / f"fastrtps_port{port}").stat().st_mtime
    except OSError:
        return None


def _take(port: int) -> socket.socket | None:
    """Return a socket that holds a UDP port; None if another does."""
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        taken.bind(("", port))
    except OSError:
        taken.close()
        return None
    return taken
