"""Paths of a stranger's goal stay inside the data directory."""

from __future__ import annotations

import pytest

from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.output.data_directory import inside


@pytest.fixture
def root(tmp_path):
    (tmp_path / "data" / "takes").mkdir(parents=True)
    (tmp_path / "data" / "takes" / "one.mp4").write_bytes(b"video")
    (tmp_path / "secret.mp4").write_bytes(b"not yours")
    (tmp_path / "database").mkdir()
    return tmp_path / "data"


@pytest.mark.parametrize("given", ["takes/one.mp4", "./takes/../takes/one.mp4"])
def test_a_file_inside_is_found(root, given):
    assert inside(root, given, "input") == root / "takes" / "one.mp4"


def test_an_absolute_path_inside_is_found(root):
    assert inside(root, str(root / "takes"), "input") == root / "takes"


def test_an_output_need_not_exist(root):
    assert inside(root, "new/deep/folder", "output") == root / "new" / "deep" / "folder"


# "database" begins with the data directory's name: comparing text would let it pass.
@pytest.mark.parametrize(
    "given", ["", "../secret.mp4", "takes/../../secret.mp4", "/etc/passwd", "../database", "a\0b"]
)
def test_what_lies_outside_is_refused(root, given):
    with pytest.raises(FitError, match="data directory") as caught:
        inside(root, given, "input")
    assert caught.value.code == "INVALID_GOAL"


def test_a_link_that_leads_out_is_refused(root):
    (root / "link.mp4").symlink_to(root.parent / "secret.mp4")
    with pytest.raises(FitError, match="outside"):
        inside(root, "link.mp4", "input")


def test_an_output_below_a_link_that_leads_out_is_refused(root):
    (root / "out").symlink_to(root.parent)
    with pytest.raises(FitError, match="outside"):
        inside(root, "out/new", "output")


def test_a_folder_with_a_link_that_leads_out_is_refused(root):
    (root / "takes" / "deep").mkdir()
    (root / "takes" / "deep" / "two.mp4").symlink_to(root.parent / "secret.mp4")
    with pytest.raises(FitError, match="deep/two.mp4 leads out"):
        inside(root, "takes", "input")


def test_links_inside_are_followed(root):
    (root / "alias").symlink_to(root / "takes")
    assert inside(root, "alias/one.mp4", "input") == root / "takes" / "one.mp4"
    assert inside(root, ".", "input") == root
