"""Extras of the installation: which packages each brings, and the sentence where one is missing."""

from __future__ import annotations

import importlib.util

from kinesics_core.errors import KinesicsError

EXTRAS = {
    "fit": ("scipy", "threadpoolctl", "torch"),
    "train": ("matplotlib", "onnx", "sklearn", "torch"),
    "view": ("rerun",),
    "foxglove": ("foxglove",),
    "cluster": ("ray",),
    "body": ("anny",),
    "emo3d": ("pyarrow",),
    "encoders": ("transformers",),
    "robot": ("pinocchio", "daqp"),
    "robot-peer": ("pink",),
}
"""Extra of pyproject.toml -> the modules that its packages bring."""


def missing(extra: str) -> list[str]:
    """Return the modules of an extra that cannot be found; none of them is imported."""
    return [module for module in EXTRAS[extra] if not _found(module)]


def require(extra: str, purpose: str) -> None:
    """Refuse to go on without an extra.

    Args:
        extra: Its name.
        purpose: Beginning of the sentence, such as "Training".

    Raises:
        KinesicsError: A module of it is missing; the sentence says how to get it.
    """
    if lacking := missing(extra):
        what = " and ".join(filter(None, (", ".join(lacking[:-1]), lacking[-1])))
        raise KinesicsError(
            f"{purpose} needs {what}, which {'is' if len(lacking) == 1 else 'are'} not installed."
            f" Run: python3 bootstrap.py --with {extra}")


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
