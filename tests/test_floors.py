"""The floors of the house: a room imports what stands below it, never beside or above.

The table is that of CONTRIBUTING.md and docs/architecture.md. Every import counts: lazy ones inside
functions, conditional ones, those for types alone, and modules named in a string.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"

FLOORS = (
    ("ground",),
    ("assets", "jobs", "training", "bench"),
    ("dataset", "body", "affect"),
    ("recording", "pose_priors", "motion", "render", "mind"),
    ("perception", "expression", "robot", "solver", "experiments"),
    ("importers", "synthesis", "open_body", "view", "emo3d"),
    ("fitting", "judging", "body_reading"),
    ("commands", "cli", "kinesics_ros"),
)
"""From the ground up."""

GROUND = frozenset({
    "__init__", "errors", "types", "skeletons", "rotations", "kinematics", "keypoints", "camera",
    "files", "settings", "extras", "option_types", "bounded",
})  # fmt: skip

EXCEPTIONS = {
    ("cli", "commands"): "the console script finds a command's module by its name",
    ("cli", "kinesics_ros"): "and so the commands that bring a graph up, without importing them",
    ("kinesics_ros", "cli"): "the bench of the loop runs `kinesics up` in a process of its own",
    ("judging", "body_reading"): "the bench of affect asks for the figures of bodies",
    ("commands", "kinesics_ros"): "`kinesics bench loop` finds its bench by name in a table",
}
"""(importer, imported) on one floor -> why it is allowed."""


def module_of(file: Path) -> str:
    """The dotted name of a source file."""
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in sorted(SOURCE.rglob("*.py"))}


def room_of(module: str) -> str:
    """The room a module stands in."""
    parts = module.split(".")
    if parts[0] == "kinesics_ros":
        return "kinesics_ros"
    place = parts[1] if len(parts) > 1 else "__init__"
    return "ground" if place in GROUND else place


def floor_of(room: str) -> int:
    """The number of a room's floor, 1 at the ground."""
    for number, rooms in enumerate(FLOORS, 1):
        if room in rooms:
            return number
    raise AssertionError(f"{room} stands on no floor: give it one here, in CONTRIBUTING.md and in"
                         " docs/architecture.md")


def imported(text: str) -> Iterator[tuple[int, str]]:
    """Line and module of everything of ours that a source text imports or names in a string."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("kinesics_"):
                    yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            if node.module and node.module.startswith("kinesics_"):
                for alias in node.names:
                    inner = f"{node.module}.{alias.name}"
                    yield node.lineno, inner if inner in MODULES else node.module
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # "kinesics_core.fitting.bench", "python -m kinesics_core.cli", f"kinesics_ros.{name}"
            for found in re.finditer(r"\bkinesics_(?:core|ros)(?:\.[a-z_0-9]+)+", node.value):
                if not is_prose(node.value):
                    yield node.lineno, found[0]


def is_prose(text: str) -> bool:
    """Whether a string is a docstring or a sentence, which may speak of any room."""
    return "``" in text or text.count(" ") > 8


def arrows() -> Iterator[tuple[str, int, str]]:
    for module, file in MODULES.items():
        for line, target in imported(file.read_text()):
            yield module, line, target


def test_every_room_stands_on_a_floor():
    for module in MODULES:
        floor_of(room_of(module))


def test_no_room_imports_what_stands_beside_or_above_it():
    wrong = []
    for module, line, target in arrows():
        own, other = room_of(module), room_of(target)
        if own == other or (own, other) in EXCEPTIONS:
            continue
        if floor_of(other) >= floor_of(own):
            wrong.append(f"{module}:{line} ({own}, floor {floor_of(own)}) imports {target}"
                         f" ({other}, floor {floor_of(other)})")
    assert wrong == []


def test_no_exception_is_left_over():
    used = {(room_of(module), room_of(target)) for module, _, target in arrows()}
    assert set(EXCEPTIONS) <= used


def test_no_files_import_each_other_in_a_circle():
    targets: dict[str, set[str]] = {module: set() for module in MODULES}
    for module, _, target in arrows():
        if target in MODULES and target != module:
            targets[module].add(target)
    # Take away what imports nothing that is left, until nothing more can be taken.
    while leaves := {module for module, names in targets.items() if not names & targets.keys()}:
        for module in leaves:
            del targets[module]
    circle = {module: sorted(names & targets.keys()) for module, names in targets.items()}
    assert circle == {}


@pytest.mark.parametrize("text", [
    "def late():\n    from kinesics_core.commands import fit",
    "if TYPE_CHECKING:\n    from kinesics_ros.graph import Graph",
    "import importlib\nimportlib.import_module('kinesics_core.commands.fit')",
    "import kinesics_core.commands.fit as fit",
])
def test_an_import_is_seen_wherever_it_stands(text):
    assert [room_of(module) for _, module in imported(text)] in (["commands"], ["kinesics_ros"])


@pytest.mark.parametrize("document", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_the_documents_have_the_same_table(document):
    rows = re.findall(r"^\| *(\d+) *\| *([^|]+?) *\|", (ROOT / document).read_text(), re.M)
    table = {int(number): {name.strip(" `") for name in rooms.split(",")} for number, rooms in rows}
    assert table == {number: set(rooms) for number, rooms in enumerate(FLOORS, 1)}
