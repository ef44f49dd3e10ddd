"""What the documents point to is there: links, files, modules, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kinesics_core.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted(
    str(file.relative_to(ROOT)) for pattern in ("*.md", "docs/*.md", "models/*.md", "docker/*.md")
    for file in ROOT.glob(pattern)
)
BASES = ("", "src", "src/kinesics_core", "src/kinesics_ros", "tests", "launch", "examples")
"""Folders that a path in a document may begin at; the document's own folder besides."""

MADE = ("out/", "bag/", "person_", "meshes/", "overlays/", "params/")
"""What a run leaves."""


def text_of(document: str) -> str:
    return (ROOT / document).read_text()


def quoted(document: str) -> list[str]:
    """What stands in backticks on one line."""
    prose = re.sub(r"^```.*?^```", "", text_of(document), flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", prose)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text_of(document))
    missing = [link for link in links if not (ROOT / document).parent.joinpath(link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_files_named_are_there(document):
    suffixes = r"(?:py|toml|yaml|msg|srv|action|sh|txt|onnx|md|rst)"
    named = [word for word in quoted(document)
             if re.fullmatch(rf"[a-z_][\w./-]*(?:\.{suffixes}|/)", word)
             and "NAME" not in word and not word.startswith(MADE)]
    bases = [*(ROOT / base for base in BASES), (ROOT / document).parent]
    rooms = [path for path in (ROOT / "src" / "kinesics_core").rglob("*") if path.is_dir()]
    missing = [word for word in named if not any((base / word).exists() for base in bases)
               and ("/" in word or not any((room / word).exists() for room in rooms))]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_modules_named_are_there(document):
    named = re.findall(r"\bkinesics_(?:core|ros)(?:\.[A-Za-z_0-9]+)+", text_of(document))
    assert [name for name in named if not leads_somewhere(name)] == []


def leads_somewhere(name: str) -> bool:
    """Tell whether a dotted name is a module, or something defined in one."""
    parts = name.split(".")
    folder = ROOT / "src"
    for place, part in enumerate(parts):
        if (folder / part).is_dir():
            folder = folder / part
            continue
        module = folder / f"{part}.py"
        text = (module if module.is_file() else folder / "__init__.py").read_text()
        rest = parts[place + 1:] if module.is_file() else parts[place:]
        return all(re.search(rf"^\s*(?:def |class |)({inner})\b", text, re.M) for inner in rest)
    return True


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_named_are_there(document):
    named = re.findall(r"^\s*(?:\S+/)?kinesics ([a-z]+)\b|`kinesics ([a-z]+)\b", text_of(document),
                       re.M)
    assert {one or two for one, two in named} <= set(COMMANDS)
