"""Your own motion to your own forecaster: import, train, use the ``.onnx`` on people as they come.

    python3 bootstrap.py --with train
    python examples/own_dataset_to_own_model.py bvh recordings/ out/mine
    python examples/own_dataset_to_own_model.py video takes/ out/mine

The first word is what ``kinesics data import`` takes: bvh, axis-angle, humanml3d, video, bag, ...
Import and training are the commands one would type; either goes on after an interruption.
``forecast.onnx`` then works everywhere: ``Forecaster`` here, and in the graph as
``ros2 launch ... params_file:=`` with ``forecast: {ros__parameters: {model: FILE}}``.
"""

import argparse
from pathlib import Path

import numpy as np

from kinesics_core import cli
from kinesics_core.dataset.clips import Clip, Dataset
from kinesics_core.motion.runtime import Forecaster
from kinesics_core.types import NANOSECONDS, People, Person

WIDTH, HEIGHT, PX_PER_M = 640, 480, 200.0
SECOND = 29  # the last of 30 steps at 30 Hz


def command(*words: object) -> None:
    """Run a command of ``kinesics`` as in a shell; stop where it fails."""
    print("$ kinesics", *words, flush=True)
    if cli.main([str(word) for word in words]):
        raise SystemExit(1)


def in_pixels(clip: Clip) -> np.ndarray:
    """Return a clip's keypoints (T, 17, 2) as a camera in front would see them."""
    if clip.size is not None:
        return clip.keypoints
    flat = clip.keypoints[..., :2] * (PX_PER_M, -PX_PER_M)  # metres, y up -> px, y down
    return flat - np.nanmean(flat, axis=(0, 1)) + (WIDTH / 2, HEIGHT / 2)


def watch(forecaster: Forecaster, clip: Clip) -> tuple[float, float]:
    """Play a clip to the forecaster as if it happened now.

    Returns:
        Mean error of a keypoint a second ahead, px: of the forecast, and of standing still.
    """
    poses = in_pixels(clip)
    width, height = clip.size or (WIDTH, HEIGHT)
    ahead = round(clip.rate)
    errors = []
    for index, pose in enumerate(poses):
        coco = np.column_stack([pose, np.ones(len(pose))]).astype(np.float32)
        people = People(int(index / clip.rate * NANOSECONDS), width, height, [Person(1, 1.0, coco)])
        forecasts = forecaster.update(people).motion
        if forecasts and index + ahead < len(poses):
            later = poses[index + ahead]
            errors.append([np.nanmean(np.linalg.norm(guess - later, axis=-1))
                           for guess in (forecasts[0].keypoints[SECOND], pose)])
    ours, still = np.mean(errors, axis=0) if errors else (np.nan, np.nan)
    return float(ours), float(still)


def main(arguments: list[str] | None = None) -> None:
    """Import, train, and watch the first clips with the result."""
    parser = argparse.ArgumentParser(description="Own dataset to own model.")
    parser.add_argument("kind", help="as for `kinesics data import`")
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--epochs", type=int, default=100)
    args, others = parser.parse_known_args(arguments)  # --rate, --label-pattern, ...: of the import

    command("data", "import", args.kind, args.source, "--out", args.out / "data", *others)
    # last_frame: the network also says where a person goes, which live use wants; the paper's own
    # normalisation, the default, takes place and size out of every frame.
    command("train", "forecast", "--data", args.out / "data", "--network", "ours",
            "--recipe", "ours", "--normalisation", "last_frame", "--epochs", args.epochs,
            "--out", args.out / "run")

    forecaster = Forecaster(args.out / "run" / "forecast.onnx")
    for clip in list(Dataset(args.out / "data"))[:3]:
        ours, still = watch(forecaster, clip)
        print(f"{clip.name}: a second ahead {ours:.1f} px off; standing still {still:.1f} px")
    print(f"These clips it may have learned from; {args.out}/run/report.json has those it did not.")


if __name__ == "__main__":
    main()
