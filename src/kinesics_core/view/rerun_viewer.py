"""A Rerun viewer in a process of its own, reached on this machine only.

Rerun's servers in our own process would listen to the network, and the camera's pictures are
nobody else's business.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

from kinesics_core.errors import KinesicsError

# What the viewer keeps for those who connect late; a long session does not fill the memory.
SERVER_MEMORY = "256MiB"
VIEWER_MEMORY = "1GiB"

START_SECONDS = 20.0
"""Time a viewer has for its start."""

END_SECONDS = 3.0
"""Time that each step of its end may take."""


class RerunViewer:
    """A window, or a page served on the loopback address.

    Args:
        page_port: Port of the page, 0 for any free one; None opens a window.

    Attributes:
        address: Where a recording stream connects to.
        url: The page's address, "" for a window.

    Raises:
        KinesicsError: The port is taken or no port, or the viewer does not start.
    """

    def __init__(self, page_port: int | None) -> None:
        inlet = free_port()
        self.address = f"rerun+http://127.0.0.1:{inlet}/proxy"
        self.url = ""
        self._ports = [inlet]
        command = [sys.executable, "-m", "rerun", "--bind", "127.0.0.1", "--port", str(inlet),
                   "--hide-welcome-screen", "--memory-limit", VIEWER_MEMORY,
                   "--server-memory-limit", SERVER_MEMORY]
        if page_port is None:
            command += ["--expect-data-soon"]
        else:
            if not 0 <= page_port <= 65535:
                raise KinesicsError(f"A port is a number from 1 to 65535, got {page_port}.")
            page = page_port or free_port()
            if not is_free(page):
                raise KinesicsError(f"Port {page} is taken; choose another with --port.")
            command += ["--serve-web", "--web-viewer-port", str(page)]
            source = urllib.parse.quote(self.address, safe="")
            self.url = f"http://127.0.0.1:{page}/?url={source}"
            self._ports.append(page)
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            # Rerun sends usage statistics except in continuous integration; the loop is private.
            env={**os.environ, "CI": "1"},
        )
        deadline = time.monotonic() + START_SECONDS
        while is_free(inlet):
            if not self.running or time.monotonic() > deadline:
                self.end()
                raise KinesicsError(
                    f"Rerun's viewer did not start; see what `{' '.join(command[1:4])}` says."
                )
            time.sleep(0.05)

    @property
    def running(self) -> bool:
        """False once the user has closed it."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the viewer: ``python -m rerun`` runs it as a child of its own, so end the group.

        The child may outlive its parent a little; so wait until its ports are free.
        """
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=END_SECONDS)
        deadline = time.monotonic() + END_SECONDS
        while time.monotonic() < deadline and not all(map(is_free, self._ports)):
            time.sleep(0.02)


def free_port() -> int:
    """Return a TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether nobody listens on a TCP port of this machine."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) != 0
