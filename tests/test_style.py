"""The measures of the code that CONTRIBUTING.md names: docstrings, lengths, arguments, rooms."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "src"
FILES = {file: file.read_text() for file in sorted(SOURCE.rglob("*.py"))}

NO_OPENING = r"(?:Of|What|Whether|Those|How|Which|Where|That|Who|Why)\b"
"""Words that name neither an action nor a thing, and so no docstring begins with."""

LINES_OF_A_FILE = 450
LINES_OF_A_FUNCTION = 80
ARGUMENTS = 6
SHARE_WITH_MORE = 0.02
SHARE_OF_A_ROOM = 0.16


def named(file: Path) -> str:
    """A file as messages name it."""
    return str(file.relative_to(SOURCE))


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function and method with its file and name."""
    for file, text in FILES.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{named(file)}:{node.lineno} {node.name}", node


def docstrings(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of every docstring, of those below a constant as well."""
    for node in ast.walk(ast.parse(text)):
        body = getattr(node, "body", [])
        for statement in body if isinstance(body, list) else []:  # an expression has a body too
            if (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
                    and isinstance(statement.value.value, str)):
                yield statement.lineno, statement.value.value.strip()


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the arguments a caller can give."""
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return len(every) - (bool(every) and every[0].arg in ("self", "cls"))


def test_every_docstring_opens_with_an_action_or_a_thing():
    wrong = [f"{named(file)}:{line} {words.splitlines()[0]}" for file, text in FILES.items()
             for line, words in docstrings(text) if re.match(NO_OPENING, words)]
    assert wrong == []


@pytest.mark.parametrize("text", [
    '"""Whether."""', 'def f():\n    """Whether."""', 'class C:\n    """Whether."""',
    'A = 1\n"""Whether."""', 'class C:\n    a: int\n    """Whether."""',
])
def test_a_docstring_is_seen_wherever_it_stands(text):
    assert [words for _, words in docstrings(text)] == ["Whether."]


def test_no_file_is_long_without_a_reason():
    """The reason stands in the first twelve lines and has the words "one file"."""
    wrong = {named(file): text.count("\n") for file, text in FILES.items()
             if text.count("\n") > LINES_OF_A_FILE
             and "one file" not in " ".join(text.splitlines()[:12]).lower()}
    assert wrong == {}


def test_no_function_is_long():
    wrong = {name: node.end_lineno - node.lineno + 1 for name, node in functions()
             if node.end_lineno - node.lineno + 1 > LINES_OF_A_FUNCTION}
    assert wrong == {}


def test_few_functions_take_many_arguments():
    counts = {name: arguments(node) for name, node in functions()}
    many = {name: count for name, count in counts.items() if count > ARGUMENTS}
    assert len(many) <= SHARE_WITH_MORE * len(counts), many


def test_arguments_are_those_a_caller_gives():
    tree = ast.parse("class C:\n    def f(self, a, /, b, *c, d=1, **e): ...")
    assert [arguments(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)] == [3]


def test_no_room_outgrows_the_house():
    lines: Counter[str] = Counter()
    for file, text in FILES.items():
        package, *place = file.relative_to(SOURCE).parts
        room = package if package == "kinesics_ros" else place[0] if len(place) > 1 else "ground"
        lines[room] += text.count("\n")
    shares = {room: count / lines.total() for room, count in lines.items()}
    assert {room: share for room, share in shares.items() if share > SHARE_OF_A_ROOM} == {}
