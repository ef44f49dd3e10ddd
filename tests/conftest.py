"""What all tests share: ROS discovery that stays on this machine, and a domain of their own."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

# Several files of tests share the cores, where threads of torch and BLAS that wait for each other
# burn time: one for each process, set before they are imported. What tests start inherits it.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")

import pytest
from small_disk import small_disk as small_disk

# Above 101 the ports of a domain overlap those that Linux hands out to anybody.
_DOMAINS = range(1, 102)
# ROS's domain_coordinator holds the same port while a domain is in use, and so keeps clear of ours.
_PORT = 22119


@contextmanager
def ros_domain() -> Iterator[int]:
    """A ROS domain id that no other test process on this machine holds at the same time."""
    first = os.getpid() % len(_DOMAINS)
    for domain in [*_DOMAINS[first:], *_DOMAINS[:first]]:
        with socket.socket() as claim:
            try:
                claim.bind(("127.0.0.1", _PORT + domain))
            except OSError:
                continue
            yield domain
            return
    raise RuntimeError("all ROS domains of this machine are in use by other tests")


@pytest.fixture(scope="module", autouse=True)
def own_domain() -> Iterator[int]:
    """Each file of tests runs in a domain of its own, and so do the processes it starts."""
    with pytest.MonkeyPatch.context() as patch, ros_domain() as domain:
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        patch.setenv("ROS_DOMAIN_ID", str(domain))
        yield domain


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with most slow tests first: where several run at once, short ones come last.

    Otherwise all but one process wait at the end for a long file.
    """
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])
