"""Divisions of clips into those a network learns from and those it is judged by.

``by_clip``          a fifth of the clips is the test, a tenth of the rest the validation.
``leave_one_out``    one fold for each content, person or other label: all its clips are the test.
``by_window_leaks``  windows at random, as the paper did (arXiv 2603.01804, section 2.3). Windows
                     slide, so a test window shares frames with training windows and any classifier
                     comes to almost 100 %. It is here to show that, not to judge a network.

Clips of one group (``Clip.group``: partners in one dance, takes of one session) are never on two
sides. Every function returns indices into what it was given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kinesics_core.errors import KinesicsError

BY_CLIP, WINDOW_LEAKS = "clip", "window_leaks"
"""Values of ``--split`` besides labels."""

TEST = 0.2
"""Share of the clips that is the test."""
VALIDATION = 0.1
"""Share of what the test leaves; the paper names no validation set, the best epoch needs one."""


class LabelledClip(Protocol):
    """The parts of a ``dataset.clips.Clip`` that decide on which side it is."""

    @property
    def name(self) -> str:
        """Name for messages."""
        ...

    @property
    def source(self) -> str:
        """Recording or collection that it comes from."""
        ...

    @property
    def group(self) -> str:
        """Clips of one group are never on two sides."""
        ...

    @property
    def labels(self) -> Mapping[str, str]:
        """Values by label."""
        ...


@dataclass(frozen=True, slots=True)
class Fold:
    """Three lists of indices without a common one.

    Attributes:
        train: To train on.
        validation: To choose the best epoch by.
        test: To be judged by.
        left_out: The value of the label that only the test has, "" if nothing was left out.
    """

    train: list[int]
    validation: list[int]
    test: list[int]
    left_out: str = ""


def by_clip(
    clips: Sequence[LabelledClip], seed: int = 0, test: float = TEST,
    validation: float = VALIDATION, label: str | None = None,
) -> Fold:
    """Divide clips once at random.

    Args:
        clips: To be divided.
        seed: Decides the division.
        test: Share of the clips that is the test.
        validation: Share of the rest.
        label: Each of its values gives its share of each side; one that has a single group
            cannot be on two sides and stays with the training clips.

    Raises:
        KinesicsError: There are fewer than three groups, or a clip has no such label.
    """
    rng = np.random.default_rng(seed)
    everything = list(range(len(clips)))
    groups = len({clip.group for clip in clips})
    if groups < 3:
        raise KinesicsError(
            f"Got {len(clips)} clips in {groups} groups; wanted at least 3, one each to train on,"
            " to validate and to test. Give more recordings, or put them into groups of their own."
        )
    classes = None if label is None else values(clips, label)
    tests = _draw(rng, clips, everything, test, classes)
    rest = sorted(set(everything) - set(tests))
    validations = _draw(rng, clips, rest, validation, classes)
    return Fold(sorted(set(rest) - set(validations)), validations, tests)


def leave_one_out(
    clips: Sequence[LabelledClip], by: str, seed: int = 0, validation: float = VALIDATION,
    label: str | None = None,
) -> list[Fold]:
    """Make a fold for every value of a label, whose clips are the test.

    Clips whose group reaches into the test are left out of training.

    Args:
        clips: To be divided.
        by: The label; "source" means where a clip comes from.
        seed: Decides which clips validate.
        validation: Share of the clips that are not the test.
        label: To be recognised; the validation clips are then spread over its classes.

    Raises:
        KinesicsError: A clip has no such label, there are fewer than two values, a fold has too
            little to train on, or the classes in a fold's test are none of those it trains on.
    """
    held = values(clips, by)
    names = sorted(set(held))
    if len(names) < 2:
        raise KinesicsError(
            f"Got one value of {by!r} ({names[0] if names else 'none'}); wanted at least 2, to"
            " train on the others and test on each in turn. Choose another label or --split clip."
        )
    classes = None if label is None else values(clips, label)
    folds: list[Fold] = []
    for name in names:
        tests = [index for index, value in enumerate(held) if value == name]
        groups = {clips[index].group for index in tests}
        rest = [index for index, clip in enumerate(clips) if clip.group not in groups]
        if len({clips[index].group for index in rest}) < 2:
            raise KinesicsError(
                f"Leaving out {by} {name!r} leaves {len(rest)} clips that share no group with it;"
                " wanted at least 2 groups, to train and to validate on. Give more recordings or"
                " use --split clip."
            )
        rng = np.random.default_rng((seed, len(folds)))
        validations = _draw(rng, clips, rest, validation, classes)
        fold = Fold(sorted(set(rest) - set(validations)), validations, tests, name)
        if classes is not None and not {classes[i] for i in tests} & {
                classes[i] for i in fold.train}:
            raise KinesicsError(
                f"Leaving out {by} {name!r} tests only {label} {_list(classes, tests)}, which no"
                f" training clip has ({_list(classes, fold.train)}). Leave out something in which"
                " every class occurs."
            )
        folds.append(fold)
    return folds


def by_window_leaks(
    count: int, seed: int = 0, test: float = TEST, validation: float = VALIDATION
) -> Fold:
    """Divide ``count`` windows at random, whatever clip they are of: leaks, see above.

    Raises:
        KinesicsError: There are fewer than three.
    """
    if count < 3:
        raise KinesicsError(f"Got {count} windows; wanted at least 3. Give more motion.")
    order = np.random.default_rng(seed).permutation(count)
    tests = max(round(test * count), 1)
    validations = max(round(validation * (count - tests)), 1)
    return Fold(
        sorted(order[tests + validations:].tolist()),
        sorted(order[tests:tests + validations].tolist()),
        sorted(order[:tests].tolist()),
    )


def values(clips: Sequence[LabelledClip], label: str) -> list[str]:
    """Return the label of every clip.

    Raises:
        KinesicsError: A clip has none.
    """
    found = [clip.labels.get(label, clip.source if label == "source" else None) for clip in clips]
    complete = [value for value in found if value is not None]
    if len(complete) < len(clips):
        first = next(clip.name for clip, value in zip(clips, found, strict=True) if value is None)
        known = sorted({key for clip in clips for key in clip.labels})
        raise KinesicsError(
            f"{len(clips) - len(complete)} of {len(clips)} clips have no label {label!r}, the first"
            f" is {first}; the labels here are {', '.join(known) or 'none'}. Choose one of them, or"
            " import again with a --label-pattern that names it."
        )
    return complete


def never_trained_on(fold: Fold, classes: Sequence[str]) -> list[str]:
    """Return classes in the test that no training clip has: nothing can recognise them.

    Args:
        fold: A division of clips.
        classes: The class of each clip.
    """
    return sorted({classes[i] for i in fold.test} - {classes[i] for i in fold.train})


def _draw(
    rng: np.random.Generator, clips: Sequence[LabelledClip], among: Sequence[int], share: float,
    classes: Sequence[str] | None,
) -> list[int]:
    """Draw whole groups with about ``share`` of the clips, at least one group, and not all.

    Walk through the classes, each in random order, and take a group whenever what is due has
    grown to half its size: so every class gives its share, and many small ones together too.
    """
    members: dict[str, list[int]] = {}
    for index in among:
        members.setdefault(clips[index].group, []).append(index)
    strata: dict[str, list[str]] = {}
    for group, indices in members.items():
        kind = "" if classes is None else \
            Counter(classes[index] for index in indices).most_common(1)[0][0]
        strata.setdefault(kind, []).append(group)
    queue = []
    for position in rng.permutation(len(strata)):
        groups = strata[sorted(strata)[position]]
        if len(groups) > 1 or len(strata) == 1:
            queue += [groups[i] for i in rng.permutation(len(groups))]
    if not queue:      # every class has one group: better a split than none
        queue = [list(members)[i] for i in rng.permutation(len(members))]
    taken: list[str] = []
    due = 0.0
    for group in queue:
        size = len(members[group])
        due += share * size
        if due >= size / 2 and len(taken) < len(members) - 1:
            taken.append(group)
            due -= size
    taken = taken or queue[:1]
    return sorted(index for group in taken for index in members[group])


def _list(classes: Sequence[str], indices: Sequence[int]) -> str:
    return ", ".join(sorted({classes[index] for index in indices}))
