"""Labels of clips as the integers a classifier learns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError

UNKNOWN = -1
"""Class of a clip whose label is missing; it does not count in the classifier's loss."""


def classes_of(clips: Iterable[Clip], label: str) -> tuple[str, ...]:
    """Return the values of a label, sorted.

    Raises:
        KinesicsError: No clip has the label.
    """
    clips = list(clips)
    found = sorted({clip.labels[label] for clip in clips if label in clip.labels})
    if not found:
        known = sorted({key for clip in clips for key in clip.labels})
        raise KinesicsError(
            f"No clip has a label {label!r}; the labels here are {', '.join(known) or 'none'}."
            " Choose one of them, or import again with a --label-pattern that names it.")
    return tuple(found)


def targets(
    clips: Sequence[Clip], label: str, classes: Sequence[str], *, strict: bool = True
) -> np.ndarray:
    """Return the class of each clip.

    Args:
        clips: N clips.
        label: The key of their labels.
        classes: The values of the label, in the classifier's order.
        strict: Whether a value that is none of the classes is an error.

    Returns:
        (N,) int64 indices into ``classes``; ``UNKNOWN`` without the label.

    Raises:
        KinesicsError: A value is none of the classes, and ``strict``.
    """
    number = {name: index for index, name in enumerate(classes)}
    strange = sorted({clip.labels[label] for clip in clips if label in clip.labels} - set(number))
    if strange and strict:
        raise KinesicsError(
            f"Got clips whose {label!r} is {', '.join(strange)}; the network knows"
            f" {', '.join(classes) or 'no classes'}. Leave these clips out, or train with them.")
    return np.array([number.get(clip.labels.get(label, ""), UNKNOWN) for clip in clips], np.int64)
