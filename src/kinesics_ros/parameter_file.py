"""The documented parameter file, config/kinesics.yaml, made from the nodes' settings.

Run ``python -m kinesics_ros.parameter_file > config/kinesics.yaml`` after a setting has changed.
"""

from __future__ import annotations

import inspect
import json
import textwrap
from collections.abc import Iterator
from typing import cast

from kinesics_core.settings import Setting
from kinesics_ros.graph import STAGES
from kinesics_ros.hri_node import HriNode
from kinesics_ros.mesh_fit_node import MeshFitNode
from kinesics_ros.stage import Stage

NODES = cast(dict[str, type[Stage]], {**STAGES, "mesh_fit": MeshFitNode, "hri": HriNode})
"""Name -> class of every node, those of the graph first."""

_HEAD = """\
# Parameters of every node, with their defaults. Pass it (or your copy) with
#   kinesics up --params config/kinesics.yaml
#   ros2 launch kinesics bringup.launch.py params_file:=config/kinesics.yaml
# `ros2 param describe /keypoint variant` prints type, range and meaning of each.
# Made from the settings in the code: python -m kinesics_ros.parameter_file > config/kinesics.yaml
"""
_COLUMNS = 100


def parameter_file() -> str:
    """Return the text of config/kinesics.yaml: each default, and in comments what it means."""
    lines = [_HEAD]
    for name, node in NODES.items():
        module = inspect.getmodule(node)
        assert module is not None and module.__doc__ is not None
        lines += _comment(module.__doc__.splitlines()[0], 0)
        lines += [f"/**/{name}:", "  ros__parameters:"]
        for setting in node.PARAMETERS:
            lines += [*_comment(_meaning(setting), 4), *_assignment(setting)]
        lines.append("")
    return "\n".join(lines)


def _meaning(setting: Setting) -> str:
    """Return what a setting means and which values it takes."""
    allowed = setting.range or ", ".join(map(str, setting.choices))
    if setting.others:
        allowed += f", or {setting.others}"
    return setting.about + (f" ({allowed})" if allowed else "")


def _comment(text: str, indent: int) -> list[str]:
    """Return the text as lines of a YAML comment."""
    before = " " * indent + "# "
    return textwrap.wrap(text, _COLUMNS, initial_indent=before, subsequent_indent=before,
                         break_long_words=False, break_on_hyphens=False)


def _assignment(setting: Setting) -> Iterator[str]:
    """Yield the lines of YAML that give a parameter its default; JSON's scalars are YAML's."""
    if setting.kind is list:
        yield f"    {setting.name}:"
        for entry in setting.default:
            yield f"      - {json.dumps(entry)}"
    else:
        yield f"    {setting.name}: {json.dumps(setting.default)}"


if __name__ == "__main__":
    print(parameter_file(), end="")
