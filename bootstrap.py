#!/usr/bin/env python3
"""Setup of Kinesics in ``.venv``: ``python3 bootstrap.py [--with train,view,test]``.

One file of the standard library alone, however long: it runs on a machine where nothing of ours is
installed yet, and one can read all of it before running it. Without ROS it installs the ROS 2 Jazzy
wheels from PyPI; with ROS 2 sourced it uses that and adds what is missing. Either way the typed
interfaces are then built with colcon and installed into the environment, so that
``.venv/bin/kinesics`` runs without sourcing anything. A second run finds its stamp and does
nothing; one that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent
WHEEL_PYTHONS = ((3, 10), (3, 11), (3, 12))
ROS_DISTROS = ("jazzy", "kilted", "lyrical")
FREE_MB = {
    "base": 2000, "fit": 2000, "train": 2500, "view": 1000, "test": 200, "cluster": 400,
    "body": 1500, "emo3d": 300, "encoders": 400, "smplx": 100, "vposer": 200,
    "docs": 50, "robot": 900, "robot-peer": 50, "foxglove": 100,
}
"""Disk space in MB that each part takes while it is being installed; measured, rounded up,
but for emo3d and encoders, which are estimates.

smplx, vposer and body are measured beside torch, which fit brings.
"""

EXTRAS = tuple(part for part in FREE_MB if part != "base")

BUILDING = ("ros", "colcon")
"""Extras that the interfaces are built with; all others are installed while that goes on."""

ALONE = ("vposer",)
"""Extras that are installed without what they ask for.

human-body-prior asks for OpenCV 5, pyrender and an old PyOpenGL, which would overwrite the OpenCV
of the perception; what our tests compare with needs none of them.
"""

INTERFACE_INPUTS = ("package.xml", "CMakeLists.txt", "cmake", "msg", "srv", "action")
PACKAGE_INPUTS = ("constraints.txt", "pyproject.toml")
SHARED = ("launch", "config", "models")

SYSTEM_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGLESv2.so.2": "libgles2",
    "libGL.so.1": "libgl1",
    "libgthread-2.0.so.0": "libglib2.0-0",
}
"""Shared libraries that MediaPipe and OpenCV load -> the Debian and Ubuntu package with each."""

HOOK = '''\
"""Make the interfaces built into this environment known to ROS; from bootstrap.py."""

import os
import sys

LIBRARIES = os.path.join(sys.prefix, "lib")


def prepend(variable, entry):
    entries = [e for e in os.environ.get(variable, "").split(os.pathsep) if e]
    if entry in entries:
        return False
    os.environ[variable] = os.pathsep.join([entry, *entries])
    return True


def complete():
    prepend("AMENT_PREFIX_PATH", sys.prefix)
    if {wheels}:
        # The wheels' own hook restarts Python with their libraries, if no other environment's has.
        if LIBRARIES not in os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep):
            os.environ.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    elif prepend("LD_LIBRARY_PATH", LIBRARIES):
        # The loader reads the variable once, when a process starts.
        os.execv(sys.executable, sys.orig_argv)


# colcon's setup.sh has this interpreter say what the shell's variables lack.
if not any("_local_setup_util" in argument for argument in sys.orig_argv):
    complete()
'''

LIST_INHERITED = """\
import importlib.metadata, json, re, sys
inherited = {}
for found in importlib.metadata.distributions():
    if not str(found.locate_file("")).startswith(sys.prefix):
        name = re.sub("[-_.]+", "-", found.metadata["Name"]).lower()
        inherited.setdefault(name, found.version)
print(json.dumps(inherited))
"""
"""Code that prints the packages an environment inherits, as JSON {normalised name: version}.

Of two versions on the path the first is the one that is imported.
"""


class SetupError(Exception):
    """A sentence for the user: what was got, what is wanted, what to do."""


class Ros(NamedTuple):
    """A sourced ROS 2: its name and the interpreter that imports its rclpy."""

    distro: str
    python: str


# --- what the machine must have ------------------------------------------------------------------


def python_problem(version: tuple[Any, ...], ros: Ros | None) -> str | None:
    """Return why this Python will not do, or None if it will."""
    got = f"This is Python {version[0]}.{version[1]}"
    if ros is not None:
        if tuple(version[:2]) >= (3, 10):
            return None
        return f"{got}; Kinesics needs 3.10 or newer. Use the Python of ROS 2 {ros.distro}."
    if tuple(version[:2]) in WHEEL_PYTHONS:
        return None
    return (
        f"{got}; without ROS, Kinesics needs 3.10, 3.11 or 3.12: the ROS 2 wheels exist for "
        "these. Install one (Debian, Ubuntu: sudo apt-get install python3.11 python3.11-venv "
        "python3.11-dev) and run: make PYTHON=python3.11 demo"
    )


def platform_problem(system: str, machine: str, ros: Ros | None) -> str | None:
    """Return why this kind of machine will not do, or None if it will."""
    if system != "Linux":
        return f"This is {system}; Kinesics runs on Linux. Use a Linux machine or docker/desktop."
    if ros is None and machine != "x86_64":
        return (
            f"This is a {machine} machine; the ROS 2 wheels exist for x86-64 only. Install ROS 2 "
            "Jazzy, source its setup.bash and run the same command again, or use docker/orin."
        )
    return None


def tool_problems(
    python: str,
    which: Callable[[str], str | None],
    has_module: Callable[[str], bool],
    include: Path,
) -> list[str]:
    """List what is missing to build the interfaces, with the command that installs it."""
    problems = []
    if not (which("cc") or which("gcc")) or not (which("c++") or which("g++")):
        problems.append(
            "No C and C++ compiler was found (cc, c++); the ROS interfaces are compiled. "
            "Install one: sudo apt-get install build-essential"
        )
    if not has_module("ensurepip"):
        problems.append(
            f"{python} has no venv module, which the environment is made with. "
            f"Install it: sudo apt-get install {python}-venv"
        )
    if not (include / "Python.h").is_file():
        problems.append(
            f"The headers of {python} are missing ({include}/Python.h); the ROS interfaces are "
            f"compiled against them. Install them: sudo apt-get install {python}-dev"
        )
    return problems


def library_problem(load: Callable[[str], object] = ctypes.CDLL) -> str | None:
    """Name the system libraries of MediaPipe and OpenCV that are missing; None if all load."""
    missing = []
    for library in SYSTEM_LIBRARIES:
        try:
            load(library)
        except OSError:
            missing.append(library)
    if not missing:
        return None
    packages = " ".join(SYSTEM_LIBRARIES[library] for library in missing)
    return (
        f"MediaPipe and OpenCV cannot load here: {', '.join(missing)} not found. "
        f"Install: sudo apt-get install {packages}"
    )


def disk_problem(free_mb: float, parts: Iterable[str]) -> str | None:
    """Return why ``parts`` (keys of FREE_MB) do not fit into the free space, or None."""
    parts = sorted(parts)
    needed = sum(FREE_MB[part] for part in parts)
    if free_mb >= needed:
        return None
    return (
        f"{free_mb / 1000:.1f} GB are free where this checkout lies; installing "
        f"{', '.join(parts)} needs {needed / 1000:.1f} GB. Free some space or move the checkout."
    )


def detect_ros(
    environ: Mapping[str, str], imports_rclpy: Callable[[str], bool], pythons: Sequence[str]
) -> Ros | None:
    """Return the sourced ROS 2, or None.

    Raises:
        SetupError: A ROS is sourced that cannot be used.
    """
    distro = environ.get("ROS_DISTRO", "")
    if not distro:
        return None
    if distro not in ROS_DISTROS:
        raise SetupError(
            f"ROS {distro} is sourced; Kinesics works with ROS 2 {', '.join(ROS_DISTROS)}. Source "
            "one of those, or open a shell where none is: Kinesics then brings its own."
        )
    for python in pythons:
        if imports_rclpy(python):
            return Ros(distro, python)
    raise SetupError(
        f"ROS 2 {distro} is sourced, but none of {', '.join(pythons)} can import rclpy. Install "
        f"it: sudo apt-get install ros-{distro}-ros-base, or open a shell where ROS is not "
        "sourced: Kinesics then brings its own."
    )


# --- what has been done already ------------------------------------------------------------------


def digest(root: Path, inputs: Iterable[str], *context: str) -> str:
    """Hash the files named (directories: all files in them) and the words of ``context``."""
    total = hashlib.sha256("\0".join(context).encode())
    for name in inputs:
        path = root / name
        files = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc")
        for file in files if path.is_dir() else [path]:
            total.update(f"{file.relative_to(root)}\0".encode())
            total.update(hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def read_stamp(file: Path) -> dict:
    """Read what earlier runs finished; empty if there was none or it is unreadable."""
    try:
        stamp = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(file: Path, stamp: dict) -> None:
    """Replace the stamp in one step, so that an interruption leaves the old or the new one."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(stamp, indent=1, sort_keys=True))
    new.replace(file)


def missing_extras(stamp: dict, packages: str, wanted: Iterable[str]) -> set[str] | None:
    """Return the extras still to be installed; None if all packages must be looked at anew."""
    if stamp.get("packages") != packages:
        return None
    return set(wanted) - set(stamp.get("extras", ()))


# --- the steps -----------------------------------------------------------------------------------


def mend_cmake_paths(share: Path, python_include: str, numpy_include: str) -> int:
    """Repair the CMake files that the ROS wheels export; return the number of files changed.

    About twenty of them name the headers of Python and numpy where the wheels were built
    (/opt/python/cp311-cp311/...), which do not exist elsewhere.
    """
    mended = 0
    for file in share.glob("*/cmake/*.cmake"):
        text = file.read_text()
        new = re.sub(r'/opt/python/[^;"\s>]*/numpy/_core/include', lambda _: numpy_include, text)
        new = re.sub(
            r'/opt/python/[^;"\s>]*/include/python3\.\d+', lambda _: python_include, new
        )
        if new != text:
            file.write_text(new)
            mended += 1
    return mended


def constraints_beside(installed: Mapping[str, str], constraints: str) -> str:
    """Make the constraints for an environment on top of a ROS installation, which stays as it is.

    ROS's compiled modules keep their numpy, and so need an OpenCV built for it.
    """
    kept = []
    for line in constraints.splitlines():
        name = re.split(r"[=<>;\s]", line, maxsplit=1)[0]
        if not name or name.startswith("#"):
            continue
        if name == "opencv-contrib-python" and "numpy" in installed:
            kept.append("opencv-contrib-python<5")
        elif name not in installed:
            kept.append(line)
    if "numpy" in installed:
        kept.append(f"numpy=={installed['numpy']}")
    return "\n".join(kept) + "\n"


def remove_interfaces(prefix: Path) -> None:
    """Take out an earlier build, so that a message that was renamed or dropped does not linger."""
    directories = [
        *prefix.glob("share/kinesics"),
        *prefix.glob("include/kinesics"),
        *prefix.glob("lib/kinesics"),
        *prefix.glob("lib/python3*/site-packages/kinesics"),
    ]
    for directory in directories:
        shutil.rmtree(directory)
    for file in [
        *prefix.glob("lib/libkinesics__*"),
        *prefix.glob("share/ament_index/resource_index/*/kinesics"),
        *prefix.glob("share/colcon-core/packages/kinesics"),
    ]:
        file.unlink()


def advice(log: str) -> str:
    """Explain a failed command's output in a sentence; empty if the fault is not known."""
    known = (
        (
            r"Temporary failure in name resolution|Name or service not known|Connection refused"
            r"|Network is unreachable|NewConnectionError|Read timed out|ReadTimeoutError"
            r"|ProxyError",
            "The package index could not be reached. Check the network (or pip's index-url and "
            "proxy settings) and run the same command again; what was finished is kept.",
        ),
        (
            r"No space left on device",
            "The disk is full. pip unpacks into $TMPDIR (else /tmp) and then into .venv: free some "
            "space on both and run the same command again.",
        ),
        (
            r"Killed signal terminated program|fatal error: Killed|Cannot allocate memory",
            "The compiler ran out of memory. Close other programs or add swap, then run the same "
            "command again.",
        ),
        (
            r"Could NOT find|could not find a package configuration file",
            "A part that the build needs is missing. With ROS 2 sourced, install: sudo apt-get "
            "install ros-$ROS_DISTRO-ros-base ros-dev-tools",
        ),
        (
            r"\.so[.\d]*: cannot open shared object file",
            "A system library is missing, named above. Install the package that has it "
            "(apt-file search NAME says which) and run the same command again.",
        ),
        (
            r"No matching distribution found|ResolutionImpossible",
            "The package index does not offer the pinned versions, or could not be reached. They "
            "are for Python 3.10 to 3.12 on x86-64 (constraints.txt); check pip's index-url.",
        ),
    )
    for pattern, sentence in known:
        if re.search(pattern, log):
            return sentence
    return ""


class Log:
    """Record of every command's output, in a file; on a terminal also its latest line."""

    def __init__(self, file: Path):
        file.parent.mkdir(parents=True, exist_ok=True)
        self.file = file
        self._stream = file.open("w", encoding="utf-8")
        self._process: subprocess.Popen | None = None

    def run(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Run a command to its end.

        Raises:
            SetupError: The command failed; the sentence has the end of its output.
        """
        self._stream.write(f"\n$ {' '.join(command)}\n")
        lines = []
        process = subprocess.Popen(
            list(command), cwd=str(ROOT), env=dict(environ), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
        )  # fmt: skip
        self._process = process
        assert process.stdout is not None
        try:
            for line in process.stdout:
                self._stream.write(line)
                lines.append(line)
                show_latest(line)
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        finally:
            self._stream.flush()
        if code != 0:
            output = "".join(lines)
            tail = "".join(lines[-15:]).rstrip()
            raise SetupError(
                f"The last step ended with status {code}, after these lines:\n\n{tail}\n\n"
                f"{advice(output) or 'Run the same command again once that is put right.'}\n"
                f"All of the output: {self.file}"
            )

    def stop(self) -> None:
        """End the command that runs; ``run`` raises in the thread that waits for it."""
        if self._process is not None:
            self._process.terminate()


def side_by_side(ours: Callable[[], None], theirs: Callable[[], None], log: Log) -> None:
    """Do one thing here and another, which writes to ``log``, in a thread; return after both.

    Raises:
        SetupError: One of them failed, of two that failed the first; the other was finished.
    """
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(theirs)
        try:
            ours()
        except KeyboardInterrupt:
            log.stop()
            raise
    done.result()


def show_latest(line: str) -> None:
    """Overwrite the current line of a terminal, so that a long step is seen to move."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\033[K      {line.strip()}"[: width + 4], end="", flush=True)


class Step:
    """Step of the setup; ``with Step("packages"):`` prints what is done and how long it took."""

    def __init__(self, label: str):
        self.label = label
        self.result = ""

    def __enter__(self) -> Step:
        self._start = time.monotonic()
        print(f"  {self.label} ...", end="", flush=True)
        if sys.stdout.isatty():
            print()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if sys.stdout.isatty():
            print(f"\r\033[K\033[A\r\033[K  {self.label} ...", end="")
        if kind is None:
            seconds = time.monotonic() - self._start
            print(f" {self.result or 'done'} ({seconds:.0f} s)", flush=True)
        else:
            print(" failed", flush=True)


class Machine(NamedTuple):
    """Environment, folders and log that the steps work on."""

    venv: Path
    work: Path
    ros: Ros | None
    environ: Mapping[str, str]
    log: Log

    @property
    def python(self) -> str:
        """Interpreter of the environment."""
        return str(self.venv / "bin" / "python")

    def ask(self, code: str) -> str:
        """Return what a line of Python prints in the environment."""
        done = subprocess.run(
            [self.python, "-c", code], env=dict(self.environ), stdin=subprocess.DEVNULL,
            capture_output=True, encoding="utf-8",
        )  # fmt: skip
        if done.returncode != 0:
            raise SetupError(
                f"{self.python} cannot run '{code}': {done.stderr.strip()}\n"
                f"Remove {self.venv} and run the same command again."
            )
        return done.stdout.strip()

    def install(self, *arguments: str) -> None:
        """Run ``pip install`` in the environment; ``compile_modules`` is to follow."""
        pip = [self.python, "-m", "pip", "--disable-pip-version-check", "--no-input"]
        self.log.run([*pip, "install", "--no-compile", *arguments], self.environ)


def environment(environ: Mapping[str, str], venv: Path, ros: Ros | None) -> dict[str, str]:
    """Make the variables the steps run with: the user's, less other environments', plus ours."""
    clean = dict(environ)
    foreign = ["VIRTUAL_ENV", "PYTHONHOME", "_ROS_WHEELS_BOOTSTRAP_COMPLETE", "PIP_TARGET"]
    if ros is None:
        foreign += ["PYTHONPATH", "AMENT_PREFIX_PATH", "CMAKE_PREFIX_PATH", "COLCON_PREFIX_PATH"]
        foreign += ["LD_LIBRARY_PATH"]
    for name in foreign:
        clean.pop(name, None)
    clean["VIRTUAL_ENV"] = str(venv)
    clean["PATH"] = os.pathsep.join([str(venv / "bin"), environ.get("PATH", os.defpath)])
    clean["PYTHONUNBUFFERED"] = "1"
    if ros is None:
        clean["AMENT_PREFIX_PATH"] = clean["CMAKE_PREFIX_PATH"] = str(venv)
    return clean


def usable(venv: Path, ros: Ros | None, environ: Mapping[str, str]) -> bool:
    """Tell whether an environment is there, runs, was made here, and is of the right kind."""
    settings = venv / "pyvenv.cfg"
    if not settings.is_file():
        return False
    system = re.search(r"include-system-site-packages\s*=\s*true", settings.read_text()) is not None
    code = "import sys, pip; print(sys.prefix, sys.version_info[0], sys.version_info[1])"
    done = subprocess.run(
        [str(venv / "bin" / "python"), "-c", code], env=dict(environ), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8",
    ) if (venv / "bin" / "python").exists() else None  # fmt: skip
    if done is None or done.returncode != 0:
        return False
    prefix, major, minor = done.stdout.rsplit(maxsplit=2)
    scripts = (venv / "bin" / "pip").read_text() if (venv / "bin" / "pip").exists() else ""
    return (
        system == (ros is not None)
        and Path(prefix) == venv
        and f"{venv}/" in scripts
        and python_problem((int(major), int(minor)), ros) is None
    )


def forget_incomplete(venv: Path) -> list[str]:
    """Make pip install again what an interrupted pip left half done; return those names.

    pip writes a package's RECORD last, but takes a package for installed without it.
    """
    found = [
        directory
        for directory in venv.glob("lib/python3*/site-packages/*.dist-info")
        if not (directory / "RECORD").exists()
    ]
    for directory in found:
        shutil.rmtree(directory)
    return sorted(directory.name.split("-")[0] for directory in found)


def pins(machine: Machine) -> str:
    """Return the path of the constraints: the pinned versions, less what ROS brings."""
    constraints = ROOT / "constraints.txt"
    if machine.ros is not None:
        installed = json.loads(machine.ask(LIST_INHERITED))
        versions = constraints.read_text()
        constraints = machine.work / "constraints.txt"
        constraints.write_text(constraints_beside(installed, versions))
    return str(constraints)


def install_kinesics(machine: Machine, extras: Iterable[str]) -> None:
    """Install Kinesics, editable, with its dependencies and ``extras``, at the pinned versions."""
    versions = pins(machine)
    machine.install("-c", versions, "setuptools>=70.1,<80")
    names = ",".join(sorted(extras))
    target = f"{ROOT}[{names}]" if names else str(ROOT)
    machine.install("-c", versions, "--no-build-isolation", "--editable", target)


def install_extras(machine: Machine, extras: Iterable[str]) -> None:
    """Install what ``extras`` ask for at the pinned versions, beside a Kinesics that is there."""
    versions, pyproject = pins(machine), (ROOT / "pyproject.toml").read_text()
    together = [
        requirement
        for extra in sorted({*extras} - {*ALONE})
        for requirement in requirements_of(extra, pyproject)
    ]
    if together:
        machine.install("-c", versions, *together)
    for extra in sorted({*extras} & {*ALONE}):
        machine.install("-c", versions, "--no-deps", *requirements_of(extra, pyproject))


def compile_modules(machine: Machine) -> None:
    """Compile all modules of the environment that are not, and ours; pip does it on one core.

    What is no Python of this version (templates, files for others) stays as it is.
    """
    code = (
        "import compileall, sys, sysconfig\n"
        "for folder in (sysconfig.get_path('purelib'), sys.argv[1]):\n"
        "    compileall.compile_dir(folder, quiet=2, workers=0)"
    )
    ours = str(ROOT / "src")
    machine.log.run([machine.python, "-W", "ignore", "-c", code, ours], machine.environ)


def requirements_of(extra: str, pyproject: str) -> list[str]:
    """Return the requirements of an extra; Python 3.10 has no reader of TOML."""
    found = re.search(rf"^{extra} = \[([^\]]*)\]", pyproject, re.MULTILINE)
    if found is None:
        raise SetupError(f"pyproject.toml has no extra {extra}; this checkout is not whole.")
    return re.findall(r'"([^"]+)"', found[1])


def install_hook(machine: Machine) -> None:
    """Write the start-up file that names this environment in AMENT_PREFIX_PATH."""
    site = Path(machine.ask("import sysconfig; print(sysconfig.get_path('purelib'))"))
    hook = HOOK.replace("{wheels}", str(machine.ros is None))
    (site / "kinesics_environment.py").write_text(hook)
    (site / "kinesics_environment.pth").write_text("import kinesics_environment\n")


def build_tools(which: Callable[[str], str | None], cmake_version: str) -> list[str]:
    """Name what of CMake (3.20 or newer) and a generator must come from PyPI."""
    numbers = [int(n) for n in re.findall(r"\d+", cmake_version)[:2]]
    tools = [] if numbers >= [3, 20] else ["cmake"]
    if not which("ninja") and not which("make"):
        tools.append("ninja")
    return tools


def cmake_version() -> str:
    """Return what ``cmake --version`` says; empty without a CMake that runs."""
    try:
        done = subprocess.run(["cmake", "--version"], stdout=subprocess.PIPE, encoding="utf-8")
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""


def prepare_build(machine: Machine) -> None:
    """Install what of CMake and a generator is missing; mend what the ROS wheels export."""
    tools = build_tools(shutil.which, cmake_version())
    if tools:
        machine.install(*tools)
    if machine.ros is None:
        with Step("paths in the CMake files of the ROS wheels") as step:
            mended = mend_cmake_paths(
                machine.venv / "share",
                machine.ask("import sysconfig; print(sysconfig.get_path('include'))"),
                machine.ask("import numpy; print(numpy.get_include())"),
            )
            step.result = f"{mended} files mended"


def build_interfaces(machine: Machine, anew: bool) -> None:
    """Build msg/, srv/ and action/ with colcon and install them, with launch/ and config/.

    Args:
        machine: Environment to install into.
        anew: Build from nothing; otherwise only what has changed.
    """
    build = machine.work / "build"
    if anew:
        remove_interfaces(machine.venv)
        shutil.rmtree(build, ignore_errors=True)
    path = machine.environ["PATH"]
    site = machine.ask(
        "import sys, sysconfig, os; "
        "print(os.path.relpath(sysconfig.get_path('purelib'), sys.prefix))"
    )
    settings = [
        "-DCMAKE_BUILD_TYPE=Release",
        "-DBUILD_TESTING=OFF",
        "-DKINESICS_INSTALL_PYTHON=OFF",
        f"-DPython3_EXECUTABLE={machine.python}",
        f"-DPYTHON_INSTALL_DIR={site}",
    ]
    if shutil.which("ninja", path=path):
        settings += ["-G", "Ninja"]
    # colcon as a module of the environment, whichever package or pip has brought it.
    start = "import sys; from colcon_core.command import main; sys.exit(main())"
    colcon = [machine.python, "-c", start]
    # colcon starts nothing while the load is above the number of cores, as it is beside pip; where
    # the variables say how many files are compiled at once, it leaves that to them.
    jobs = str(os.cpu_count() or 1)
    environ = {"MAKEFLAGS": f"-j{jobs}", "CMAKE_BUILD_PARALLEL_LEVEL": jobs, **machine.environ}
    machine.log.run(
        [
            *colcon, "--log-base", str(machine.work / "log"), "build", "--paths", str(ROOT),
            "--build-base", str(build), "--install-base", str(machine.venv), "--merge-install",
            "--event-handlers", "console_direct+", "--cmake-args", *settings,
        ],
        environ,
    )  # fmt: skip
    # rosidl's metadata of the generated package would pass for an older kinesics of pip's.
    for metadata in machine.venv.glob("lib/python3*/site-packages/kinesics-*.egg-info"):
        shutil.rmtree(metadata)


def check_result(machine: Machine) -> None:
    """Import what a run needs, so that a broken environment is found now and not in the demo."""
    machine.log.run(
        [machine.python, "-c", "import kinesics.msg, rclpy, cv2, mediapipe, kinesics_core.cli"],
        machine.environ,
    )


# --- the whole -----------------------------------------------------------------------------------


def imports_rclpy(python: str) -> bool:
    """Tell whether an interpreter can import rclpy in the present environment."""
    try:
        done = subprocess.run(
            [python, "-c", "import rclpy"], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0


def supported_python() -> str | None:
    """Find a Python on the PATH that the wheels exist for and that really starts."""
    for name in ("python3.11", "python3.12", "python3.10"):
        found = shutil.which(name)
        code = "import sys; sys.exit(sys.version_info[:2] not in ((3, 10), (3, 11), (3, 12)))"
        if found and subprocess.run([found, "-c", code], stderr=subprocess.DEVNULL).returncode == 0:
            return found
    return None


def switch_python(ros: Ros | None) -> None:
    """Restart this script under the right interpreter, if it is not the present one."""
    if os.environ.get("KINESICS_BOOTSTRAP_SWITCHED"):
        return
    other = None
    if ros is not None:
        done = subprocess.run(
            [ros.python, "-c", "import sys; print(sys.version_info[:2])"],
            stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        if done.stdout.strip() != str(sys.version_info[:2]):
            other = ros.python
    elif python_problem(sys.version_info, None) is not None:
        other = supported_python()
    if other:
        environ = dict(os.environ, KINESICS_BOOTSTRAP_SWITCHED="1")
        os.execve(other, [other, __file__, *sys.argv[1:]], environ)


def problems(ros: Ros | None, free_mb: float, parts: Iterable[str]) -> list[str]:
    """List everything that stands in the way on this machine, one sentence each."""
    found = [
        platform_problem(platform.system(), platform.machine(), ros),
        python_problem(sys.version_info, ros),
    ]
    found += tool_problems(
        f"python{sys.version_info[0]}.{sys.version_info[1]}",
        shutil.which,
        lambda name: importlib.util.find_spec(name) is not None,
        Path(sysconfig.get_path("include")),
    )
    found += [library_problem(), disk_problem(free_mb, parts)]
    if " " in str(ROOT):
        found.append(
            f"The checkout's path has a space in it ({ROOT}), which the scripts of a Python "
            "environment and of ROS do not survive. Move the checkout."
        )
    return [problem for problem in found if problem is not None]


def install_and_build(
    machine: Machine, todo: set[str] | None, anew: bool, build: str, note_packages: Callable
) -> None:
    """Install packages and build the interfaces, most of the packages while that goes on.

    Args:
        machine: Environment to install into.
        todo: Extras to install; None if no package is missing.
        anew: Install Kinesics itself too.
        build: "anew", "changed" (only what has changed), or "" (nothing to build).
        note_packages: Called once all packages are there.
    """
    first, rest = sorted((todo or set()) & {*BUILDING}), sorted((todo or set()) - {*BUILDING})
    if todo is not None:
        forget_incomplete(machine.venv)
    if anew or first:
        with Step(f"packages: {', '.join(['kinesics', *first])}"):
            install_kinesics(machine, first)
            install_hook(machine)

    def finish_packages() -> None:
        if rest:
            install_extras(machine, rest)
        compile_modules(machine)
        note_packages()

    packages = f"packages: {', '.join(rest)}" if rest else "Python's modules compiled"
    if not build:
        with Step(packages):
            finish_packages()
        return
    prepare_build(machine)
    beside = machine._replace(log=Log(machine.work / "interfaces.log"))
    with Step("interfaces: msg, srv, action" + f"; {packages}" * (todo is not None)):
        if todo is None:
            build_interfaces(beside, build == "anew")
        else:
            side_by_side(
                finish_packages, lambda: build_interfaces(beside, build == "anew"), beside.log
            )


def set_up(root: Path, extras: Sequence[str], ros: Ros | None) -> bool:
    """Do what is not done yet; return whether there was anything to do."""
    venv, work = root / ".venv", root / ".ros"
    if venv.is_symlink():
        raise SetupError(
            f"{venv} is a link to {os.path.realpath(venv)}, the environment of another checkout,"
            " which a setup from here would empty and fill anew. Remove the link and start again,"
            " for an environment of this checkout's own; or set up the other checkout.")
    environ = environment(os.environ, venv, ros)
    stamp_file = venv / "kinesics-stamp.json"
    kind = f"ros {ros.distro} {ros.python}" if ros else "wheels"
    stamp = read_stamp(stamp_file)

    made = stamp.get("kind") == kind and stamp.get("root") == str(root)
    made = made and (venv / "bin" / "python").exists()
    if not made:
        stamp = {}
    packages = digest(root, PACKAGE_INPUTS, kind, HOOK)
    interfaces = digest(root, INTERFACE_INPUTS, kind)
    shared = digest(root, SHARED, kind)
    wanted = {*extras} | (set() if ros else {"ros", "colcon"})
    todo = missing_extras(stamp, packages, wanted)
    changed = "changed" if stamp.get("shared") != shared else ""
    build = changed if stamp.get("interfaces") == interfaces else "anew"
    if todo == set() and not build:
        return False

    fresh = not made and not usable(venv, ros, environ)
    installed = set(stamp.get("extras", ()))
    parts = ({*extras} - installed) | ({"base"} if fresh else set())
    found = problems(ros, shutil.disk_usage(root).free / 1e6, parts)
    if found:
        raise SetupError("\n\n".join(found))

    machine = Machine(venv, work, ros, environ, Log(work / "bootstrap.log"))
    which_ros = f"ROS 2 {ros.distro}, as sourced" if ros else "ROS 2 Jazzy from PyPI"
    version = ".".join(str(n) for n in sys.version_info[:3])
    print(f"Setting Kinesics up in {venv} (Python {version}, {which_ros})", flush=True)

    if fresh:
        with Step("environment"):
            system = ["--system-site-packages"] if ros else []
            machine.log.run([sys.executable, "-m", "venv", "--clear", *system, str(venv)], environ)
    stamp.update(kind=kind, root=str(root))

    anew = todo is None
    todo = wanted | installed if todo is None else todo
    if ros is not None and (anew or todo) and not machine.ask(
        "import importlib.util as u; print(u.find_spec('colcon_ros') or '')"
    ):
        todo.add("colcon")

    def note_packages() -> None:
        stamp.update(packages=packages, extras=sorted(wanted | installed | todo))
        write_stamp(stamp_file, stamp)

    install_and_build(machine, todo if anew or todo else None, anew, build, note_packages)
    stamp.update(interfaces=interfaces, shared=shared)

    with Step("check"):
        check_result(machine)
    write_stamp(stamp_file, stamp)
    return True


def interrupt(*_: object) -> None:
    """Treat SIGTERM as Ctrl-C."""
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """Set Kinesics up as the command line says; return the exit status."""
    parser = argparse.ArgumentParser(description="Sets Kinesics up in .venv; see CONTRIBUTING.md.")
    parser.add_argument(
        "--with", dest="extras", action="append", default=[], metavar="EXTRA,...",
        help=f"what to install beyond the demo, may be repeated: {', '.join(EXTRAS)}",
    )  # fmt: skip
    given = ",".join(parser.parse_args(arguments).extras).split(",")
    extras = list(dict.fromkeys(name for extra in given if (name := extra.strip())))
    unknown = sorted(set(extras) - set(EXTRAS))
    if unknown:
        parser.error(f"got --with {','.join(unknown)}; there are: {', '.join(EXTRAS)}")

    signal.signal(signal.SIGTERM, interrupt)
    start = time.monotonic()
    try:
        pythons = [p for p in (shutil.which("python3"), sys.executable, "/usr/bin/python3") if p]
        ros = detect_ros(os.environ, imports_rclpy, list(dict.fromkeys(pythons)))
        switch_python(ros)
        (ROOT / ".ros").mkdir(exist_ok=True)
        with (ROOT / ".ros" / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                print("Another setup is running here; waiting for it.", flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            changed = set_up(ROOT, extras, ros)
    except SetupError as error:
        print(f"\nKinesics could not be set up.\n\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again to go on.", file=sys.stderr)
        return 130
    if changed:
        print(f"Ready after {time.monotonic() - start:.0f} s.")
    else:
        print("Kinesics is set up (.venv); nothing to do.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
