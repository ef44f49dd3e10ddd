"""Files are whole or not there, whatever ends their writing."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kinesics_core import files

OLD = b"what was there before"


@pytest.fixture
def old(tmp_path) -> Path:
    path = tmp_path / "kept.bin"
    path.write_bytes(OLD)
    return path


def only(path: Path) -> None:
    """The folder holds this file and nothing besides."""
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


# Replacing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("sync", [False, True])
def test_a_file_is_replaced_and_nothing_lies_beside_it(old, sync):
    files.write_bytes(old, b"new", sync=sync)
    assert old.read_bytes() == b"new"
    only(old)


def test_a_reader_who_opened_the_old_file_reads_it_to_its_end(old):
    with old.open("rb") as reader:
        files.write_bytes(old, b"new")
        assert reader.read() == OLD


def test_the_old_file_stands_until_the_block_ends(old):
    with files.replacing(old) as part:
        part.write_bytes(b"new")
        assert old.read_bytes() == OLD
    assert old.read_bytes() == b"new"


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt()])
def test_what_ends_a_block_keeps_the_old_file_and_removes_the_part(old, error):
    with pytest.raises(type(error)), files.replacing(old) as part:
        part.write_bytes(b"ne")
        raise error
    assert old.read_bytes() == OLD
    only(old)


def test_a_kill_keeps_the_old_file_and_the_next_run_overwrites_the_part(old):
    program = f"""
import os, signal
from pathlib import Path
from kinesics_core import files
with files.replacing(Path({str(old)!r})) as part:
    part.write_bytes(b"ne")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert old.read_bytes() == OLD
    assert files.part_of(old).read_bytes() == b"ne"
    files.write_bytes(old, b"new")
    assert old.read_bytes() == b"new"
    only(old)


# What the system refuses ------------------------------------------------------------------------


def test_a_full_disk_keeps_the_old_file_and_is_said(old):
    files.part_of(old).symlink_to("/dev/full")  # the kernel's own disk without room
    with pytest.raises(files.WriteError, match="the disk is full.*make room") as fault:
        files.write_bytes(old, b"new")
    assert fault.value.disk_full and not fault.value.denied
    assert fault.value.reason == os.strerror(errno.ENOSPC)
    assert old.read_bytes() == OLD
    only(old)


def test_a_folder_that_may_not_be_written_is_said(old, monkeypatch):
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "replace", denied)  # root may write everywhere
    with pytest.raises(files.WriteError, match="Permission denied.*choose a place") as fault:
        files.write_bytes(old, b"new")
    assert fault.value.denied and not fault.value.disk_full
    assert old.read_bytes() == OLD
    only(old)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(files.WriteError, match="No such file or directory"):
        files.write_text(tmp_path / "missing" / "file", "new")


# Text, numbers and arrays -----------------------------------------------------------------------


def test_json_is_text_that_any_reader_takes(tmp_path):
    path = tmp_path / "document.json"
    files.write_json(path, {"name": "Zoë", "values": [1, 2.5, None]})
    assert json.loads(path.read_text("ascii")) == {"name": "Zoë", "values": [1, 2.5, None]}
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_has_no_word_for_is_refused(old, number):
    with pytest.raises(ValueError, match="JSON"):
        files.write_json(old, {"value": number})
    assert old.read_bytes() == OLD
    only(old)


@pytest.mark.parametrize("compressed", [False, True])
def test_arrays_come_back_as_they_were(tmp_path, compressed):
    path = tmp_path / "numbers.npz"
    files.write_arrays(path, {"pose": np.arange(6, dtype=np.float32).reshape(2, 3), "rate": 30.0,
                              "name": "walk"}, compressed=compressed)
    only(path)
    found = files.read_arrays(path)
    assert found.keys() == {"pose", "rate", "name"}
    assert found["pose"].dtype == np.float32
    np.testing.assert_array_equal(found["pose"], [[0, 1, 2], [3, 4, 5]])
    assert (float(found["rate"]), str(found["name"])) == (30.0, "walk")


def test_the_same_arrays_give_the_same_bytes(tmp_path):
    for name in ("one.npz", "two.npz"):
        files.write_arrays(tmp_path / name, {"pose": np.eye(3)})
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_objects_are_not_read(tmp_path):
    path = tmp_path / "objects.npz"
    np.savez(path, held=np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="pickle"):
        files.read_arrays(path)


# Hashes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("content", "digest"), [
    (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (1_000_000 * b"a", "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
])
@pytest.mark.parametrize("chunk", [1 << 20, 65_537])
def test_the_hash_is_that_of_fips_180_4_in_pieces_of_any_size(
    tmp_path, monkeypatch, content, digest, chunk
):
    monkeypatch.setattr(files, "_CHUNK", chunk)
    path = tmp_path / "content"
    path.write_bytes(content)
    told: list[int] = []
    assert files.sha256_of(path, told.append) == digest
    assert sum(told) == len(content)
    assert all(0 < size <= chunk for size in told)


def test_a_part_that_cannot_take_its_place_is_still_there(tmp_path):
    part = tmp_path / "film.mp4.part"
    part.write_bytes(b"all of it")
    with pytest.raises(files.WriteError, match="could not be written"):
        files.put_in_place(part, tmp_path / "nowhere" / "film.mp4")
    assert part.read_bytes() == b"all of it"
    files.put_in_place(part, tmp_path / "film.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]
