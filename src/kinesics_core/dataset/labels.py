"""Labels from the names of files: a pattern's named groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from kinesics_core.errors import KinesicsError

HELP = (
    "its named groups become labels: of a file's name without suffix if it matches that whole,"
    " else of the first match in its path below the folder"
)


def labels_from(paths: Sequence[PurePath], pattern: str | None) -> list[dict[str, str]]:
    r"""Return the labels of each file, {} for those that do not match.

    Args:
        paths: Below the folder that is imported.
        pattern: As ``(?P<content>.+)_(?P<style>[^_]+)_\d+`` on names,
            ``(?P<emotion>[^/]+)/[^/]+`` on paths; None gives no labels.

    Raises:
        KinesicsError: The pattern is none, names no group, or not one file matches.
    """
    if pattern is None:
        return [{} for _ in paths]
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise KinesicsError(
            f"Got --label-pattern {pattern!r}, which is not a regular expression ({error})."
        ) from error
    if not compiled.groupindex:
        raise KinesicsError(
            f"Got --label-pattern {pattern!r}, which names no label; write (?P<label>...) around"
            " what is one."
        )
    labels = []
    for path in paths:
        found = compiled.fullmatch(path.stem) or compiled.search(path.as_posix())
        labels.append({k: v for k, v in found.groupdict().items() if v} if found else {})
    if paths and not any(labels):
        raise KinesicsError(
            f"--label-pattern {pattern!r} matches none of {len(paths)} names; the first is"
            f" {paths[0].as_posix()!r}."
        )
    return labels
