"""Kill long work at random moments, start it again, and compare with an undisturbed run.

``python tests/fuzz/kills.py --count 30`` kills an import, a training, a fit and a recorder so often
each. An import, a training and a fit must end with the same arrays as if nothing had happened; a
recorder must have kept everything that had reached it but the last second's.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from readers import bvh, keypoint_table

KINESICS = [sys.executable, "-m", "kinesics_core.cli"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
PROMISED = 1.0  # seconds that a killed recorder may lose of what had reached it


def arrays_below(folder: Path) -> dict[str, bytes | np.ndarray]:
    """Return what a run left: the arrays of its archives, the bytes of its plain data."""
    left: dict[str, bytes | np.ndarray] = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = file.relative_to(folder).as_posix()
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as archive:
                left |= {f"{name}/{key}": archive[key] for key in archive.files
                         if key != "seconds"}
        elif file.suffix in (".f32", ".jsonl", ".obj", ".bvh", ".onnx"):
            left[name] = file.read_bytes()
    return left


def differences(one: dict, other: dict) -> list[str]:
    """Return the names of what differs between two runs; arrays by more than their last digits."""
    wrong = sorted(set(one) ^ set(other))
    for name in set(one) & set(other):
        if isinstance(one[name], bytes):
            same = one[name] == other[name]
        elif one[name].dtype.kind in "fc":
            same = one[name].shape == other[name].shape and np.allclose(
                one[name], other[name], rtol=1e-4, atol=1e-5, equal_nan=True)
        else:
            same = np.array_equal(one[name], other[name])
        if not same:
            wrong.append(name)
    return wrong


def kill_and_resume(
    command: Callable[[Path, bool], Sequence[str]], folder: Path, count: int,
    rng: np.random.Generator,
) -> list[str]:
    """Kill a command so often, each time in a run of its own, and let it go on.

    Args:
        command: Gives the command that writes into a folder; True: one that goes on there.
        folder: For the runs.
        count: Kills.
        rng: Decides when.

    Returns:
        A sentence for each run that does not end as the undisturbed one.
    """
    whole = folder / "undisturbed"
    began = time.monotonic()
    subprocess.run(command(whole, False), check=True, **QUIET)
    seconds, wanted = time.monotonic() - began, arrays_below(whole)
    faults = []
    for number in range(count):
        out, moment = folder / str(number), float(rng.uniform(0.1, 0.98) * seconds)
        process = subprocess.Popen(command(out, False), **QUIET)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        again = subprocess.run(command(out, out.exists()), capture_output=True, text=True)
        wrong = differences(wanted, arrays_below(out)) if out.exists() else ["everything"]
        if wrong:
            faults.append(f"killed after {moment:.2f} s: {', '.join(wrong[:3])} differ"
                          f" ({again.stderr.strip().splitlines()[-1:]})")
        shutil.rmtree(out, ignore_errors=True)
    return faults


def kill_imports(folder: Path, count: int, rng: np.random.Generator) -> list[str]:
    """Kill imports of many BVH files."""
    source = folder / "motion"
    source.mkdir()
    for number in range(250):
        (source / f"clip{number:03d}_walk_1.bvh").write_bytes(bvh())
    return kill_and_resume(
        lambda out, again: [*KINESICS, "data", "import", "bvh", str(source), "--out", str(out),
                          "--name", "kills"],
        folder, count, rng)


def kill_trainings(folder: Path, count: int, rng: np.random.Generator) -> list[str]:
    """Kill trainings of a small forecaster."""
    from kinesics_core.dataset.clips import Clip, Info, Writer

    data = folder / "data"
    times = np.arange(120) / 30
    with Writer(data, Info("kills", dimensions=2, origin="made", command="none")) as writer:
        for number in range(12):
            keypoints = np.tile(np.linspace(50, 400, 34).reshape(17, 2), (120, 1, 1))
            keypoints = keypoints + 20 * np.sin((1 + number / 4) * times + number)[:, None, None]
            writer.add(Clip(f"clip{number}", "kills", f"clip{number}", 30.0,
                            keypoints.astype(np.float32), {}, (640, 480)))

    def command(out: Path, again: bool) -> list[str]:
        going_on = ["--resume"] if (out / "checkpoint.pt").exists() else []
        if again and not going_on:
            shutil.rmtree(out)
        return [*KINESICS, "train", "forecast", "--data", str(data), "--network", "mlp",
                "--epochs", "8", "--step", "4", "--out", str(out), *going_on]

    return kill_and_resume(command, folder, count, rng)


def kill_fits(folder: Path, count: int, rng: np.random.Generator) -> list[str]:
    """Kill fits of a person whose keypoints are known."""
    (folder / "keypoints.npz").write_bytes(keypoint_table())
    return kill_and_resume(
        lambda out, again: [*KINESICS, "fit", str(folder / "keypoints.npz"), "--out", str(out)],
        folder, count, rng)


def lost_seconds(heard: Sequence[tuple[int, int]], kept: Collection[int], killed: int) -> float:
    """Return how long before its death a recorder got the oldest message that is not in its bag.

    Args:
        heard: Stamp and time of coming of each message, ns.
        kept: Stamps of the messages in the bag.
        killed: When it was killed, ns.
    """
    return max(((killed - came) / 1e9 for stamp, came in heard if stamp not in kept), default=0.0)


def left_by_recorder(bag: Path) -> tuple[set[int], str]:
    """Return the stamps in a bag that a kill left, made whole where it is torn; and a fault."""
    from kinesics_core.recording import bag_reader, bag_recovery

    if not list(bag.glob("*.mcap")):
        return set(), ""
    contents = bag_reader.read(bag_reader.find(bag)[0])
    if contents.fault:  # killed within a write
        bag_recovery.recover(bag)
        contents = bag_reader.read(bag_reader.find(bag)[0])
    return {people.stamp for topic in contents.people.values() for people in topic}, contents.fault


def kill_recorders(folder: Path, count: int, rng: np.random.Generator) -> list[str]:
    """Kill recorders of a topic at 100 Hz; compare each bag with what had reached its recorder."""
    import rclpy
    from messages import good
    from rclpy.executors import SingleThreadedExecutor
    from witnessed_recorder import NOTE

    faults, worst, waits = [], 0.0, []
    rclpy.init()
    node, executor = rclpy.create_node("talker"), SingleThreadedExecutor()
    executor.add_node(node)
    from kinesics.msg import PersonArray

    message = good("PersonArray", 0, rng)
    for number in range(count):
        # A topic of its own: a killed subscriber counts as one for some seconds more.
        publisher = node.create_publisher(PersonArray, f"/kill{number}/persons", 10)
        bag, notes = folder / f"bag{number}", folder / f"notes{number}"
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("witnessed_recorder.py")), str(notes),
             "--ros-args", "-p", "autostart:=true", "-p", f"bag:={bag}", "-p",
             "topics:=['persons']", "-r", f"__ns:=/kill{number}"], **QUIET)
        moment, began = float(rng.uniform(0.3, 6.0)), 0
        while not began or time.time_ns() - began < moment * 1e9:
            executor.spin_once(timeout_sec=0.005)
            if publisher.get_subscription_count():
                sent = time.time_ns()
                began = began or sent
                message.header.stamp.sec, message.header.stamp.nanosec = divmod(sent, 10**9)
                publisher.publish(message)
                time.sleep(0.005)
        killed = time.time_ns()
        process.send_signal(signal.SIGKILL)
        process.wait()
        heard = list(NOTE.iter_unpack(notes.read_bytes())) if notes.exists() else []
        kept, fault = left_by_recorder(bag)
        shutil.rmtree(bag, ignore_errors=True)
        lost = lost_seconds(heard, kept, killed)
        worst = max(worst, lost)
        waits.append((heard[0][1] - began) / 1e9 if heard else np.inf)
        if lost > PROMISED or fault or kept - {stamp for stamp, _ in heard}:
            faults.append(f"killed after {moment:.2f} s: {len(heard)} heard, {len(kept)} kept,"
                          f" lost {lost:.2f} s {fault}")
    executor.shutdown()
    rclpy.try_shutdown()
    first = [wait for wait in waits if np.isfinite(wait)]
    print(f"recorder: at most {worst:.2f} s lost of what it had heard; the first message came at"
          f" most {max(first, default=np.nan):.2f} s after the publisher saw the recorder;"
          f" {count - len(first)} were killed before")
    return faults


WORK: dict[str, Callable[[Path, int, np.random.Generator], list[str]]] = {
    "import": kill_imports, "training": kill_trainings, "fit": kill_fits,
    "recorder": kill_recorders,
}


def main() -> int:
    """Run from the command line; the exit status is 1 if there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=30, help="kills of each; %(default)s")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=sorted(WORK))
    args = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    total = 0
    for name in args.only or WORK:
        with tempfile.TemporaryDirectory() as folder:
            faults = WORK[name](Path(folder), args.count, np.random.default_rng(args.seed))
        print(f"{name:10} {args.count} kills, {len(faults)} faults")
        for fault in faults:
            print(f"    {fault}")
        total += len(faults)
    return int(bool(total))


if __name__ == "__main__":
    sys.exit(main())
