"""Fingerprints of what decides a result, so that a kept one never stands for another."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from kinesics_core import files
from kinesics_core.dataset.clips import Dataset
from kinesics_core.jobs.code import code_digest
from kinesics_core.motion import windows
from kinesics_core.motion.evaluation import baselines, source_errors
from kinesics_core.motion.networks.registry import network_class
from kinesics_core.motion.training import (
    camera_augmentation,
    camera_windows,
    config,
    feeds,
    fit,
    losses,
    recognition_training,
    validation,
    windowing,
)
from kinesics_core.training import loop, schedule, weights

_DIGITS = 16


def of_dataset(path: Path) -> str:
    """Return the fingerprint of a dataset's content, the same for a copy elsewhere.

    Raises:
        KinesicsError: It is no dataset.
    """
    path = Dataset(path).path
    parts = (files.sha256_of(path / name) for name in ("info.json", "clips.jsonl", "keypoints.f32"))
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:_DIGITS]


def of_file(path: Path) -> str:
    """Return the fingerprint of a file's content."""
    return files.sha256_of(path)[:_DIGITS]


def of_source_errors() -> str:
    """Return the fingerprint of the code that judges baselines on a source left out."""
    return code_digest(
        baselines, camera_augmentation, camera_windows, source_errors, windowing, windows)


def of_training(network: str) -> str:
    """Return the fingerprint of the code that a network is built from and trained with.

    Comments and docstrings do not count, so that editing them leaves finished work valid.
    """
    return code_digest(
        sys.modules[network_class(network).__module__], camera_augmentation, camera_windows, config,
        feeds, fit, losses, loop, recognition_training, schedule, validation, weights, windowing,
        windows)
