"""``kinesics COMMAND ...``: every capability is one module, found by the command's name."""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import select
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from kinesics_core import __version__
from kinesics_core.errors import KinesicsError

COMMANDS = {
    **{name: f"kinesics_ros.commands.{name}" for name in ("up", "demo", "view", "doctor")},
    **{name: f"kinesics_core.commands.{name}" for name in (
        "keypoints", "face", "express", "respond", "data", "body", "fit", "train", "eval", "bench",
        "assets", "robot", "retarget")},
}
"""The module of each command; those that talk ROS belong to ``kinesics_ros``."""

LIVE = ("up", "demo", "view", "fit")
"""Commands whose stages share the cores among themselves."""

INTERRUPTED = 130
"""Exit status after Ctrl-C."""

PIPE_CLOSED = 141
"""Exit status where whoever read our output has left, as a shell gives it for SIGPIPE."""

UNEXPECTED = 70
"""Exit status after an exception that nobody foresaw (EX_SOFTWARE of sysexits.h)."""


def parser(command: str | None = None) -> argparse.ArgumentParser:
    """Make the parser; of ``command`` alone if given, so that no other's module is imported."""
    top = argparse.ArgumentParser(
        prog="kinesics",
        description="Non-verbal conversation for social robots: see, forecast, answer.",
    )
    top.add_argument("--version", action="version", version=f"kinesics {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, place in COMMANDS.items():
        if command in (None, name):
            module = importlib.import_module(place)
            sub = commands.add_parser(name, help=module.HELP, description=module.HELP)
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and end with a sentence whatever happens.

    Args:
        arguments: Words after ``kinesics``; those after ``--ros-args`` go to rclpy. None takes
            the process's own.

    Returns:
        The exit status.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    name = "kinesics" + (f" {arguments[0]}" if arguments and arguments[0] in COMMANDS else "")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # Names of files may hold bytes that are no text, and a terminal may be ASCII.
            stream.reconfigure(errors="backslashreplace")
    with _noted_interrupts() as interrupts:
        try:
            try:
                return _run(arguments)
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()
        except KeyboardInterrupt:
            return _interrupted(name)
        except Exception as error:
            if interrupts:
                # Libraries turn an interrupt during their import into errors of their own.
                return _interrupted(name)
            return _failed(name, error)


def _run(arguments: list[str]) -> int:
    ros_arguments: list[str] = []
    if "--ros-args" in arguments:
        cut = arguments.index("--ros-args")
        arguments, ros_arguments = arguments[:cut], arguments[cut:]
    named = arguments[0] if arguments and arguments[0] in COMMANDS else None
    if named in LIVE:
        # Before numpy is loaded: threads of its libraries wait for each other by spinning.
        for library in ("OMP", "OPENBLAS", "MKL"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    args = parser(named).parse_args(arguments)
    args.ros_arguments = ros_arguments

    from kinesics_core.assets import hooks
    from kinesics_core.commands.asset_progress import terminal_hooks

    hooks.use(terminal_hooks())
    return args.run(args)


@contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Give a list that every Ctrl-C enters before it is raised as KeyboardInterrupt."""
    noted: list[int] = []

    def note(number: int, frame: object) -> None:
        noted.append(number)
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGINT, note)
    except ValueError:  # not the main thread, which alone hears signals
        yield noted
        return
    try:
        yield noted
    finally:
        if signal.getsignal(signal.SIGINT) is note:
            signal.signal(signal.SIGINT, before)


def _interrupted(name: str) -> int:
    print(f"{name}: interrupted", file=sys.stderr)
    return INTERRUPTED


def _failed(name: str, error: Exception) -> int:
    """Say what ended the command; return the exit status."""
    broken = isinstance(error, BrokenPipeError) or isinstance(error.__cause__, BrokenPipeError)
    if broken and _reader_left():
        # The interpreter flushes standard output once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return PIPE_CLOSED
    if isinstance(error, KinesicsError):
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        where = error.filename or "the output"
        print(f"{name}: {where} could not be written: {error.strerror}. Make room and start the"
              " same command again.", file=sys.stderr)
        return 1
    print(f"{name}: ended by an error that was not foreseen, {type(error).__name__}: "
          f"{_first_line(error)}. {_logged(error)}", file=sys.stderr)
    return UNEXPECTED


def _reader_left() -> bool:
    """Tell whether nobody reads the pipe that standard output is."""
    poll = select.poll()
    poll.register(1, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else "no message"


def _logged(error: Exception) -> str:
    """Write the traceback to a log file; return the sentence that names it."""
    from kinesics_core.assets import store

    lines = [f"kinesics {__version__}, Python {sys.version}\n", f"{' '.join(sys.argv)}\n",
             *traceback.format_exception(type(error), error, error.__traceback__)]
    text = "".join(lines).encode(errors="backslashreplace")
    name = f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    for folder in (store.cache_dir() / "errors", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text)
        except (OSError, RuntimeError):  # no place, or no home
            continue
        return f"The details are in {folder / name}; please send that file with a report."
    sys.stderr.write(text.decode())
    return "The details are above, for no log file could be written; please send them."


if __name__ == "__main__":
    sys.exit(main())
