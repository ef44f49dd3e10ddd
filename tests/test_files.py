"""Files are whole or not there, whatever ends their writing."""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import subprocess
import sys
import zipfile
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


def test_an_archive_that_unpacks_to_gigabytes_is_refused_before_it_is_read(tmp_path, monkeypatch):
    assert files.MAX_ARRAYS == 2 << 30
    monkeypatch.setattr(files, "MAX_ARRAYS", 1 << 20)
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, zeros=np.zeros(1 << 18))
    with pytest.raises(ValueError, match="unpacks to 2 MB, more than 1"):
        files.read_arrays(path)


@pytest.mark.parametrize("damage", [
    lambda content: b"", lambda content: content[:-30], lambda content: b"PK" + bytes(99),
    lambda content: content.replace(b"'fortran_order'", b"'fortran_order("),
    lambda content: content.replace(b"{'descr'", b"{'descr("),
    lambda content: content.replace(b"\x93NUMPY", b"\x93NUMPI")])
def test_a_damaged_archive_is_a_value_error_whatever_numpy_says(damage, tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile.ZipExtFile, "_update_crc", lambda *_: None)  # reach numpy's reader
    path = tmp_path / "numbers.npz"
    files.write_arrays(path, {"pose": np.eye(3)})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match="."):
        files.read_arrays(path)


def test_an_array_is_read_when_it_is_asked_for(tmp_path):
    path = tmp_path / "numbers.npz"
    files.write_arrays(path, {"good": np.eye(3), "bad": np.arange(99.0)})
    content = path.read_bytes()
    path.write_bytes(content.replace(np.float64(50.0).tobytes(), np.float64(51.0).tobytes()))
    with files.Arrays(path) as arrays:
        assert set(arrays) == {"good", "bad"} and len(arrays) == 2 and "other" not in arrays
        np.testing.assert_array_equal(arrays["good"], np.eye(3))
        with pytest.raises(ValueError, match="bad: Bad CRC-32"):
            arrays["bad"]
        with pytest.raises(KeyError):
            arrays["other"]


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


# Links, devices and streams ----------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2])
def test_a_link_stays_and_the_file_it_leads_to_is_replaced(old, tmp_path, depth):
    place = tmp_path / "links"
    place.mkdir()
    link, target = place / "link", Path("..") / old.name
    for number in range(depth):
        link = place / f"link{number}"
        link.symlink_to(target)
        target = Path(link.name)
    files.write_bytes(link, b"new")
    assert link.is_symlink() and old.read_bytes() == b"new"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["kept.bin", "links"]
    assert len([*place.iterdir()]) == depth


def test_a_link_that_leads_nowhere_gets_its_file(tmp_path):
    link = tmp_path / "link"
    link.symlink_to("later.bin")
    files.write_bytes(link, b"new")
    assert link.is_symlink() and (tmp_path / "later.bin").read_bytes() == b"new"


@pytest.mark.parametrize("by_link", [False, True])
def test_a_device_takes_the_bytes_and_stays_what_it_is(tmp_path, monkeypatch, by_link):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    device = Path("/dev/null")
    if by_link:
        (tmp_path / "null").symlink_to(device)
        device = tmp_path / "null"
    files.write_arrays(device, {"pose": np.eye(3)})
    assert Path("/dev/null").is_char_device() and not Path("/dev/null.part").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == ["null"] * by_link


def test_a_full_device_is_said_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(files.WriteError, match="/dev/full could not be written: the disk is full"):
        files.write_bytes(Path("/dev/full"), b"new")
    assert Path("/dev/full").is_char_device()
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_gets_all_of_it(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = os.urandom(3_000_000)  # more than the pipe holds
    with (tmp_path / "got").open("wb") as got:
        reader = subprocess.Popen(["cat", pipe], stdout=got)
        files.write_bytes(pipe, content)
        assert reader.wait(timeout=60) == 0
    assert (tmp_path / "got").read_bytes() == content
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.parametrize("redirected", [False, True])
def test_standard_output_gets_it_between_what_is_printed(tmp_path, name, redirected):
    program = (f"from pathlib import Path; from kinesics_core import files; print('before');"
               f"files.require_writable(Path({name!r}));"
               f"files.write_text(Path({name!r}), 'document\\n'); print('after')")
    target = (tmp_path / "out").open("wb") if redirected else subprocess.PIPE
    done = subprocess.run([sys.executable, "-c", program], stdout=target, timeout=60, check=True)
    said = (tmp_path / "out").read_bytes() if redirected else done.stdout
    assert said == b"before\ndocument\nafter\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"] * redirected


def test_nothing_reaches_a_device_if_the_block_ends_badly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(RuntimeError), files.replacing(pipe) as part:
        part.write_bytes(b"ne")
        raise RuntimeError
    only(pipe)


# Before the work ---------------------------------------------------------------------------------


def test_a_place_that_can_be_written_is_ready_and_as_it_was(old, tmp_path):
    files.require_writable(old)
    files.require_writable(tmp_path / "new" / "deep" / "file.json")
    files.require_writable(Path("/dev/null"))
    files.require_directory(tmp_path / "results")
    files.require_place(tmp_path / "later" / "dataset")
    assert old.read_bytes() == OLD
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["kept.bin", "new", "results"]
    assert list((tmp_path / "new" / "deep").iterdir()) == []
    assert list((tmp_path / "results").iterdir()) == []


@pytest.mark.parametrize("check", [
    files.require_writable, files.require_directory, files.require_place])
@pytest.mark.parametrize(("place", "reason"), [
    ("kept.bin/below", "Not a directory|File exists"), ("/proc/kinesics/file", "No such file")])
def test_a_place_that_cannot_be_written_is_found_before_the_work(
    old, tmp_path, check, place, reason
):
    with pytest.raises(files.WriteError, match=f"could not be written: ({reason})"):
        check(tmp_path / place)
    assert old.read_bytes() == OLD


def test_a_folder_in_the_place_of_a_file_and_a_file_in_that_of_a_folder_are_found(old, tmp_path):
    with pytest.raises(files.WriteError, match="Is a directory"):
        files.require_writable(tmp_path)
    with pytest.raises(files.WriteError, match="File exists"):
        files.require_directory(old)


def test_a_full_disk_is_found_before_the_work(old):
    files.part_of(old).symlink_to("/dev/full")
    with pytest.raises(files.WriteError, match="the disk is full") as fault:
        files.require_writable(old)
    assert fault.value.disk_full
    only(old)


def test_names_that_are_no_text_are_written_as_escapes(tmp_path):
    files.write_text(tmp_path / "names.csv", b"caf\xe9".decode(errors="surrogateescape"))
    assert (tmp_path / "names.csv").read_text() == "caf\\udce9"
