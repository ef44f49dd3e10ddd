"""Fixtures of the tests of expressing: the command, as a user runs it."""

import pytest

from kinesics_core import cli


@pytest.fixture
def express(tmp_path, capsys):
    def run(*words, out="out"):
        status = cli.main(["express", *map(str, words), "--out", str(tmp_path / out)])
        return status, capsys.readouterr()
    run.out = tmp_path / "out"
    return run
