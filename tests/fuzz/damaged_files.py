"""Give damaged files to every reader: ``python tests/fuzz/damaged_files.py --count 2000``.

Each case is drawn from the seed and its number, so that ``--only READER --case N`` repeats one. The
reading is done by a process of its own, which is watched: a death, a hang or an exception that is
no KinesicsError is a fault; so is an infinite or absurd number in what was read. The files of
faults are kept.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "support")]
from damage import damaged
from readers import READERS

PATIENCE = 60.0  # seconds for one file, start of the process included
LARGEST = 1e12  # a pixel, metre, radian or second beyond it is not believed
MEMORY = 8 << 30  # bytes of address space above what libraries take


@dataclass
class Outcome:
    """Counts of one reader's damaged files and of the faults they made."""

    files: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def run(
    names: Sequence[str], count: int, seed: int, keep: Path | None = None, first: int = 0
) -> dict[str, Outcome]:
    """Give ``count`` damaged files to each reader of ``names``.

    Args:
        names: Keys of ``READERS``.
        count: Files a reader.
        seed: Of all that is drawn.
        keep: A folder for the files that made faults; None keeps none.
        first: Number of the first case.

    Returns:
        By reader, what became of its files.
    """
    outcomes = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for name in names:
            outcomes[name] = _run_reader(name, range(first, first + count), seed, Path(folder),
                                         keep)
    return outcomes


def _run_reader(
    name: str, cases: range, seed: int, folder: Path, keep: Path | None
) -> Outcome:
    outcome, todo = Outcome(), list(cases)
    context = multiprocessing.get_context("spawn")
    while todo:
        ours, theirs = context.Pipe()
        worker = context.Process(
            target=_work, args=(name, todo, seed, folder, theirs), daemon=True)
        worker.start()
        theirs.close()
        while todo:
            try:
                ours.send("next")
                answer = ours.recv() if ours.poll(PATIENCE) else ("hang", "")
            except (EOFError, OSError):
                worker.join(5)
                answer = ("death", f"exit status {worker.exitcode}")
            case = todo.pop(0)
            end, what = answer
            outcome.files += 1
            outcome.ends[end] += 1
            if end not in ("read", "refused"):
                outcome.faults.append(f"{name}, case {case}: {end} {what}")
                if keep is not None:
                    place = keep / name.replace(" ", "_").replace(",", "") / str(case)
                    shutil.copytree(folder / "in", place, dirs_exist_ok=True)
            if end in ("hang", "death"):
                break
        worker.kill()
        worker.join()
    return outcome


def _work(name: str, cases: list[int], seed: int, folder: Path, answers: Connection) -> None:
    """Read one damaged file after the other, in a process of its own."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.stdout = sys.stderr = io.StringIO()
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    reader = READERS[name]
    whole = reader.make()
    soft = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, soft))
    for case in cases:
        answers.recv()
        place = folder / "in"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        reader.beside(place)
        kind, content = damaged(whole, np.random.default_rng((seed, case)), reader.damage)
        path = place / reader.name
        path.write_bytes(content)
        answers.send(_read(reader.read, path, kind))


def _read(read: Any, path: Path, kind: str) -> tuple[str, str]:
    from kinesics_core.errors import KinesicsError

    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            for array in read(path):
                if not np.isfinite(array).all() or (np.abs(array) > LARGEST).any():
                    return "absurd", f"({kind}) numbers of {np.abs(array).max():g}"
    except KinesicsError as error:
        return ("refused", "") if str(error).strip() else ("silent", f"({kind}) no sentence")
    except MemoryError:
        return "memory", f"({kind}) more than {MEMORY >> 30} GiB"
    except BaseException:
        lines = traceback.format_exc().strip().splitlines()
        return "traceback", f"({kind}) {lines[-1]} <- {lines[-3].strip() if len(lines) > 2 else ''}"
    return "read", ""


def main() -> int:
    """Run from the command line; the exit status is 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100, help="files a reader; %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=sorted(READERS), metavar="READER")
    parser.add_argument("--case", type=int, help="repeat one case")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the files of faults")
    args = parser.parse_args()
    count, first = (1, args.case) if args.case is not None else (args.count, 0)
    outcomes = run(args.only or list(READERS), count, args.seed, args.keep, first)
    files = 0
    for name, outcome in outcomes.items():
        files += outcome.files
        ends = ", ".join(f"{number} {end}" for end, number in outcome.ends.most_common())
        print(f"{name:28} {ends}")
    faults = [fault for outcome in outcomes.values() for fault in outcome.faults]
    print("\n".join(faults))
    print(f"{files} damaged files, {len(READERS)} readers: {len(faults)} faults")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
