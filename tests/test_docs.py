"""The pages of the Python API: made of every docstring, their sections read as sections."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

pytest.importorskip("pdoc")
ROOT = Path(__file__).resolve().parents[1]
spec = importlib.util.spec_from_file_location("api", ROOT / "docs" / "api.py")
api = importlib.util.module_from_spec(spec)
spec.loader.exec_module(api)


def test_a_room_becomes_pages_with_sections(tmp_path):
    assert api.write(tmp_path, ("kinesics_core.affect",)) == {}
    pages = {page.stem: page.read_text() for page in tmp_path.rglob("*.html")}
    room = ROOT / "src" / "kinesics_core" / "affect"
    assert set(pages) >= {file.stem for file in room.glob("[a-z]*.py")} | {"affect", "index"}
    text = "".join(pages.values())
    assert "<strong>" in text and re.search(r"<h6 id=\"arguments[^>]*>Arguments:", text)
    # A section whose indent is wrong would be left as a paragraph.
    assert re.findall(r"<p>(?:Args|Returns|Raises|Yields|Attributes):", text) == []


def test_a_module_that_wants_an_extra_is_left_out_by_name(tmp_path, monkeypatch):
    package = tmp_path / "wants_extras"
    package.mkdir()
    (package / "__init__.py").write_text('"""Package."""\n')
    (package / "plain.py").write_text('"""Needs nothing."""\n')
    (package / "rich_one.py").write_text('"""Needs more."""\nimport nowhere_to_be_found\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    left_out = api.write(tmp_path / "out", ("wants_extras",))
    assert list(left_out) == ["wants_extras.rich_one"]
    assert "nowhere_to_be_found" in left_out["wants_extras.rich_one"]
    assert (tmp_path / "out" / "wants_extras" / "plain.html").exists()
    assert not (tmp_path / "out" / "wants_extras" / "rich_one.html").exists()
