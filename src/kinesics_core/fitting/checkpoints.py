"""Finished parts of one person's fit, kept on disk for a run that takes it up again."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.files import WriteError, read_arrays, write_arrays


class Checkpoints:
    """Arrays by name in a folder.

    The folder belongs to one recording, body and set of options; who owns it sees to that.
    """

    def __init__(self, folder: Path) -> None:
        """Keep them in ``folder``, which is made once there is something to keep."""
        self.folder = folder

    def load(self, name: str) -> dict[str, np.ndarray] | None:
        """Return what was saved under a name; None if nothing was, or it cannot be read."""
        try:
            return read_arrays(self.folder / f"{name}.npz")
        except (OSError, ValueError):
            return None

    def save(self, name: str, arrays: Mapping[str, Any]) -> None:
        """Keep arrays under a name.

        Raises:
            WriteError: There is no room or no permission.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(self.folder, error) from error
        write_arrays(self.folder / f"{name}.npz", arrays)

    def clear(self) -> None:
        """Forget everything: the fit is finished and stands elsewhere."""
        shutil.rmtree(self.folder, ignore_errors=True)
