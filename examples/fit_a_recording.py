"""Bodies fitted to the people of a recording, from Python: meshes, joints, an overlay video.

    python3 bootstrap.py --with fit
    python examples/fit_a_recording.py clip.mp4 out/clip

The same as ``kinesics fit clip.mp4 --out out/clip``: a run that was stopped goes on.
"""

import argparse
from pathlib import Path

import numpy as np

from kinesics_core.fitting.output.recording import fit_recording
from kinesics_core.fitting.output.request import FitRequest
from kinesics_core.skeletons import SMPLX55


def main(arguments: list[str] | None = None) -> None:
    """Fit, then read what came of it."""
    parser = argparse.ArgumentParser(description="Fit bodies to a recording.")
    parser.add_argument("recording", type=Path, help="video, image, folder of images, bag, .npz")
    parser.add_argument("out", type=Path)
    parser.add_argument("--last", type=int, help="last frame")
    args = parser.parse_args(arguments)

    report = fit_recording(
        FitRequest(args.recording, args.out, last=args.last, meshes=False),
        progress=lambda now: print(f"\r{now.stage} {now.done}/{now.total}   ", end=""))
    if not report.complete:
        raise SystemExit(f"\n{report.message}")
    print(f"\n{report.frames_fitted} frames, {report.reprojection_px:.1f} px from the keypoints")

    for person in report.people:
        # SMPL-X parameters of every frame, and joints in metres in the camera's frame.
        with np.load(args.out / person.folder / "params.npz") as fit:
            joints = fit["joints_cam"]  # (frames, 55, 3): x right, y down, z away
            wrist = joints[:, SMPLX55.index("right_wrist")]
            print(f"person {person.id}: {len(joints)} frames, right wrist "
                  f"{np.ptp(wrist, axis=0).round(2)} m up to and fro, "
                  f"{person.reprojection_px:.1f} px")


if __name__ == "__main__":
    main()
