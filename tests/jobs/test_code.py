"""A sentence made clearer keeps finished work; another computation does not."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from kinesics_core.jobs import local as jobs
from kinesics_core.jobs.code import code_digest, meaning_of

SOURCE = '''"""A module."""

FACTOR = 2
"""What is multiplied by."""


def double(x):
    """Return twice x."""
    return FACTOR * x    # no more
'''


@pytest.fixture
def module(tmp_path):
    """Writes a module's source and imports it."""
    def make(source):
        path = tmp_path / "work.py"
        path.write_text(source)
        spec = importlib.util.spec_from_file_location("work", path)
        made = importlib.util.module_from_spec(spec)
        sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
        try:
            spec.loader.exec_module(made)
        finally:
            sys.dont_write_bytecode = before
        __import__("linecache").checkcache()
        return made

    return make


@pytest.mark.parametrize(("before", "after", "same"), [
    ("# no more", "# no less", True),
    ("Return twice x.", "Return 2 x.", True),
    ("What is multiplied by.", "The factor.", True),
    ('    """Return twice x."""\n', "", True),
    ("A module.", "Another sentence.", True),
    ("FACTOR * x ", "(FACTOR\n        * x) ", True),
    ("FACTOR * x", "FACTOR + x", False),
    ("FACTOR = 2", "FACTOR = 3", False),
    ("def double(x)", "def double(x, y=0)", False),
])
def test_only_what_runs_counts(before, after, same, module):
    assert before in SOURCE
    one, other = code_digest(module(SOURCE)), code_digest(module(SOURCE.replace(before, after)))
    assert (one == other) is same


def test_a_string_that_is_used_counts():
    assert meaning_of('x = "a"') != meaning_of('x = "b"')
    assert meaning_of('"a"\nx = 1') == meaning_of("x = 1")


def work(settings, inputs, report):
    return {"done": True}


def test_finished_work_outlives_a_comment_and_not_a_change(module, tmp_path):
    def run(source):
        job = jobs.Job("double", work, {"code": code_digest(module(source))})
        (outcome,) = jobs.run([job], tmp_path / "kept")
        return outcome.reused

    assert not run(SOURCE)
    assert run(SOURCE.replace("# no more", "# a longer comment"))
    assert run(SOURCE.replace("Return twice x.", "Return x, doubled."))
    assert not run(SOURCE.replace("FACTOR * x", "x + x"))
