"""Kill long work at random moments, start it again, and compare with an undisturbed run.

``python tests/fuzz/kills.py --count 30`` kills an import, a training, a fit and a recorder so often
each. An import, a training and a fit must end with the same arrays as if nothing had happened; a
recorder must have kept everything but the last second.
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
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from readers import bvh, keypoint_table

KINESICS = [sys.executable, "-m", "kinesics_core.cli"]
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
CONNECTED = 3.5  # seconds after a publisher knows a subscriber, until that one hears it:
# up to 2.8 s where its forerunner was killed, and 0.01 s where that ended by itself (Fast DDS)
PROMISED = 1.0  # seconds that a killed recorder may lose


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


def kill_recorders(folder: Path, count: int, rng: np.random.Generator) -> list[str]:
    """Kill recorders of a topic that counts at 100 Hz, and see what the bag holds."""
    import rclpy
    from messages import good
    from rclpy.executors import SingleThreadedExecutor

    from kinesics_core.recording import bag_reader

    faults, worst, empty = [], 0.0, 0
    rclpy.init()
    node, executor = rclpy.create_node("talker"), SingleThreadedExecutor()
    executor.add_node(node)
    from kinesics.msg import PersonArray

    message = good("PersonArray", 0, rng)
    for number in range(count):
        # A topic of its own: a killed subscriber counts as one for some seconds more.
        publisher = node.create_publisher(PersonArray, f"/kill{number}/persons", 10)
        bag = folder / f"bag{number}"
        process = subprocess.Popen(
            [sys.executable, "-m", "kinesics_ros.recorder_node", "--ros-args", "-p",
             "autostart:=true", "-p", f"bag:={bag}", "-p", "topics:=['persons']", "-r",
             f"__ns:=/kill{number}"], **QUIET)
        moment, began, sent = float(rng.uniform(0.3, 6.0)), None, 0.0
        while began is None or time.monotonic() - began < moment:
            executor.spin_once(timeout_sec=0.005)
            if publisher.get_subscription_count():
                began = began or time.monotonic()
                sent = time.time()
                message.header.stamp.sec = int(sent)
                message.header.stamp.nanosec = int(sent % 1 * 1e9)
                publisher.publish(message)
                time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        found = bag_reader.read(bag_reader.find(bag)[0]).people.get(publisher.topic_name, []) \
            if list(bag.glob("*.mcap")) else []
        shutil.rmtree(bag, ignore_errors=True)
        if not found and moment < CONNECTED:
            empty += 1
            continue
        lost = sent - found[-1].stamp / 1e9 if found else moment
        worst = max(worst, lost)
        if lost > PROMISED + 0.1:
            faults.append(f"killed after {moment:.2f} s: lost {lost:.2f} s")
    executor.shutdown()
    rclpy.try_shutdown()
    print(f"recorder: at most {worst:.2f} s lost; {empty} were killed before they heard anything")
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
