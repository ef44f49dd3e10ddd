"""``kinesics bench fit``: speed, memory and accuracy of fitting on one core, beside peers.

The truth is synthetic (``truth``): known motion (``motions.deepmimic``, of which nobody says where
it was recorded; or the archive of ``--motion``) on random bodies. Two clips of 240 frames, a person
500 px tall, keypoints off by 2 px, the focal length unknown. Every measurement is a fresh process
with one thread on one core; times are processor time, which on an idle core is the wall clock's,
and on a shared one leaves out other programs' turns. Warm means that a few frames were fitted
before; ``fit.single_s`` is the first fit of its process.

Peers do the same work. From video to files (perception, fit, and every file written): the paper's
figure. The solver alone, from keypoints: SMPLify-X's schedule on stock smplx (``smplify_x``), of
which a few frames must do. Besides: stock smplx's forward pass, the fit without its own
regularisation, the mean pose. It all takes some ten minutes, half of them for the recording of ten
minutes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core.bench import Result, result
from kinesics_core.body.model import BodyModel, load
from kinesics_core.errors import KinesicsError
from kinesics_core.fitting.evaluation import motions, truth
from kinesics_core.fitting.evaluation.baseline import mean_pose
from kinesics_core.fitting.evaluation.scores import score
from kinesics_core.fitting.fit import Fit, fit
from kinesics_core.fitting.settings import Settings
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.skeletons import BODY25_TO_WHOLEBODY133

FRAMES, CLIPS, ARCHIVE_CLIPS = 240, 2, 8
LONG_FRAMES = 18_000  # ten minutes at 30 frames/s
ROUNDS = 3
VIDEO = "demo-body"
"""The asset that is fitted from video to files: one person, 100 frames of 1920 x 1080 px."""

PAPER = "the paper, from image to files: OpenPose + SMPLify-X on an A100"
PAPER_FPS = 0.019
""""Generative AI for human 3D body emotions", section 4.2: 52 s a frame."""

PEER_FRAMES = (20, 120, 220)
PEER = "SMPLify-X's schedule, torch L-BFGS, stock smplx; three frames"


def run(args: argparse.Namespace) -> list[Result]:
    """Measure and return ``fit.*``.

    Args:
        args: ``motion``: an archive of motion, or None.
    """
    video = alone("video", None)
    speed = alone("speed", args.motion)
    single = alone("single", args.motion)
    accuracy = alone("accuracy", args.motion)
    missing = alone("missing", args.motion)
    free = alone("unregularised", args.motion)
    hard = alone("occluded", args.motion)
    helped = alone("landmarks", args.motion)
    peer: dict[str, float] = {}
    if importlib.util.find_spec("smplx") is not None:
        peer = alone("smplify", args.motion)
    memory = alone("memory", args.motion)
    still = "mean pose, root only"
    found = [
        result("fit.video_to_files_fps", video["fps"], "frames/s", None, PAPER, PAPER_FPS),
        result("fit.wholebody_fps", speed["wholebody"], "frames/s", ">= 50", PEER,
               peer.get("fps")),
        result("fit.body25_fps", speed["body25"], "frames/s", ">= 100"),
        result("fit.single_s", single["seconds"], "s", "<= 0.5"),
        result("fit.single_process_s", single["process"], "s"),
        result("fit.peak_rss_mb", memory["rss_mb"], "MB", "<= 1000"),
        result("fit.long_fps", memory["fps"], "frames/s"),
        result("fit.pa_mpjpe_mm", accuracy["pa_mpjpe"], "mm", "<= 25", PEER,
               peer.get("pa_mpjpe")),
        result("fit.mpjpe_mm", accuracy["mpjpe"], "mm", "<= 40", PEER, peer.get("mpjpe")),
        result("fit.v2v_mm", accuracy["v2v"], "mm", None, still, accuracy["still.v2v"]),
        result("fit.pa_v2v_mm", accuracy["pa_v2v"], "mm", None, still, accuracy["still.pa_v2v"]),
        result("fit.reprojection_px", accuracy["reprojection"], "px", "<= 3",
               "the truth itself", accuracy["truth.reprojection"]),
        result("fit.hands_pa_mm", accuracy["hands_pa"], "mm", "<= 12", "flat hands",
               accuracy["still.hands_pa"]),
        result("fit.acceleration_error", accuracy["acceleration"], "m/s^2", None, still,
               accuracy["still.acceleration"]),
        result("fit.pa_mpjpe_missing20_mm", missing["pa_mpjpe"], "mm", "<= 35", "nothing missing",
               accuracy["pa_mpjpe"]),
        result("fit.pa_mpjpe_occluded_mm", hard["pa_mpjpe"], "mm", None, "nothing hidden",
               accuracy["pa_mpjpe"]),
        result("fit.pa_mpjpe_landmarks_mm", helped["pa_mpjpe"], "mm", None, "2-D keypoints only",
               accuracy["pa_mpjpe"]),
        result("fit.penetration_mm", accuracy["penetration"], "mm",
               f"<= {free['penetration']:.4g}", "without regularisation", free["penetration"]),
        result("fit.penetration_truth_mm", accuracy["truth.penetration"], "mm"),
    ]
    return found + alone("forward", args.motion)["results"]


def alone(measure: str, motion: Path | None) -> dict[str, Any]:
    """Return what one of ``MEASURES`` finds in a process of its own, with one thread on one core.

    Args:
        measure: Its name.
        motion: An archive of motion, or None.

    Raises:
        KinesicsError: It failed.
    """
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    words = [sys.executable, "-m", __name__, measure, *([str(motion)] if motion else [])]
    done = subprocess.run(words, env={**os.environ, **threads}, text=True, stdout=subprocess.PIPE)
    if done.returncode:
        raise KinesicsError(
            f"Measuring {measure} failed with exit code {done.returncode}; what it said is above.")
    return json.loads(done.stdout.splitlines()[-1])


# --- what is measured, each in its process ---------------------------------------------------


def clips(
    body: BodyModel, motion: Path | None, recipe: truth.Recipe | None = None
) -> list[tuple[Track, truth.Truth]]:
    """Return the clips that all figures are of, and their truth.

    Args:
        body: The model that moves.
        motion: An archive, of which ``ARCHIVE_CLIPS`` are taken from all over it; None:
            DeepMimic's motions one after another, cut in two.
        recipe: How the clips are made and spoiled; None: plainly.
    """
    if motion is None:
        whole = motions.medley(motions.deepmimic(), CLIPS * FRAMES)
        parts = [whole.part(slice(at, at + FRAMES)) for at in range(0, CLIPS * FRAMES, FRAMES)]
    else:
        known = [clip for clip in motions.read(motion) if len(clip) >= clip.rate]
        if not known:
            raise KinesicsError(f"{motion} holds no clip of a second or more; wanted one.")
        chosen = np.unique(np.linspace(0, len(known) - 1, ARCHIVE_CLIPS).round().astype(int))
        parts = [known[index] for index in chosen]
    return [truth.make(part, body, seed, recipe or truth.Recipe(frames=FRAMES))
            for seed, part in enumerate(parts)]


def video(_: Path | None) -> dict[str, Any]:
    """Measure frames per second from a video to all files that ``kinesics fit`` writes."""
    from kinesics_core.assets.store import path
    from kinesics_core.fitting.output.recording import fit_recording
    from kinesics_core.fitting.output.request import FitRequest

    source = path(VIDEO)
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        report = fit_recording(FitRequest(source, Path(folder) / "out"))
        took = time.process_time() - began
    if not report.complete:
        raise KinesicsError(report.message)
    return {"fps": report.frames_fitted / took}


def speed(motion: Path | None) -> dict[str, Any]:
    """Measure frames per second, warm: the median round of whole bodies, and of 25 keypoints."""
    body = load()
    tracks = [track for track, _ in clips(body, motion)]
    few = [replace(track, keypoints=track.keypoints.copy()) for track in tracks]
    others = np.setdiff1d(np.arange(133), BODY25_TO_WHOLEBODY133)
    for track in few:
        track.keypoints[:, others] = np.nan, np.nan, 0.0
    found = {}
    for name, chosen, settings in (
            ("wholebody", tracks, Settings()),
            ("body25", few, Settings(hands=False, expression=False))):
        fit(chosen[0].part(slice(0, 30)), body, settings)
        rates = []
        for _ in range(ROUNDS):
            began = time.process_time()
            for track in chosen:
                fit(track, body, settings)
            rates.append(len(chosen) * FRAMES / (time.process_time() - began))
        found[name] = float(np.median(rates))
    return found


def single(motion: Path | None) -> dict[str, Any]:
    """Measure the seconds of a process's first fit, of one frame, and of that process as a whole.

    It had nothing to do but that (the frame came from a file).
    """
    body = load()
    track = _kept_frame(body, motion)
    here = time.process_time()
    fit(track, body, Settings())
    seconds = time.process_time() - here
    code = ("import sys, numpy as np; from kinesics_core.fitting.fit import fit; "
            "from kinesics_core.fitting.settings import Settings; "
            "from kinesics_core.fitting.tracks.track import Track; "
            "from kinesics_core.body.model import load; import time; "
            "keypoints = np.frombuffer(sys.stdin.buffer.read(), np.float32).reshape(1, 133, 3); "
            "fit(Track(1, [0], [0.0], 1280, 720, keypoints), load(), Settings()); "
            "print(time.process_time())")
    done = subprocess.run([sys.executable, "-c", code], input=track.keypoints.tobytes(),
                          stdout=subprocess.PIPE, check=True)
    return {"seconds": seconds, "process": float(done.stdout)}


def _kept_frame(body: BodyModel, motion: Path | None) -> Track:
    track = clips(body, motion)[0][0].part(slice(60, 61))
    return replace(track, frames=np.zeros(1), times=np.zeros(1))


def accuracy(motion: Path | None) -> dict[str, Any]:
    """Measure means over all frames, of the fit, the mean pose and the truth itself."""
    body = load()
    rows = []
    for track, real in clips(body, motion):
        found = fit(track, body, Settings())
        still = mean_pose(track, body)
        rows.append(
            _means(found, real, body, track, 8)
            | {f"still.{name}": value
               for name, value in _means(still, real, body, track, None).items()}
            | {f"truth.{name}": value
               for name, value in _means(real, real, body, track, 8).items()})
    return _over_clips(rows)


def _spoiled(motion: Path | None, recipe: truth.Recipe, settings: Settings) -> dict[str, Any]:
    body = load()
    return _over_clips([
        _means(fit(track, body, settings), real, body, track, 8)
        for track, real in clips(body, motion, recipe)])


def missing(motion: Path | None) -> dict[str, Any]:
    """Measure with a fifth of the keypoints gone: single points, and parts for some time."""
    return _spoiled(motion, truth.Recipe(frames=FRAMES, missing=0.2), Settings())


def occluded(motion: Path | None) -> dict[str, Any]:
    """Measure with what the trunk hides, and faces turned away, seen badly."""
    return _spoiled(motion, truth.Recipe(frames=FRAMES, occlusion=True), Settings())


def landmarks(motion: Path | None) -> dict[str, Any]:
    """Measure with 3-D landmarks and blendshapes as inaccurate as a landmark network's."""
    recipe = truth.Recipe(frames=FRAMES, world=True, blendshapes=True)
    return _spoiled(motion, recipe, Settings())


def unregularised(motion: Path | None) -> dict[str, Any]:
    """Measure without a pose prior and without the term against interpenetration."""
    settings = Settings(prior="none", collisions=False)
    return _spoiled(motion, truth.Recipe(frames=FRAMES), settings)


def memory(motion: Path | None) -> dict[str, Any]:
    """Measure peak resident memory of a process that fits ten minutes, and its speed.

    The clips follow each other, there and back, with fresh noise throughout.
    """
    body = load()
    exact = np.concatenate([
        track.keypoints for track, _ in clips(body, motion,
                                              truth.Recipe(frames=FRAMES, noise=0.0))])
    there_and_back = np.concatenate([exact, exact[-2:0:-1]])
    keypoints = np.resize(there_and_back, (LONG_FRAMES, *exact.shape[1:]))
    keypoints[..., :2] += np.random.default_rng(0).normal(0.0, 2.0, keypoints[..., :2].shape)
    track = Track(1, np.arange(LONG_FRAMES), np.arange(LONG_FRAMES) / 30.0, 1280, 720, keypoints)
    began = time.process_time()
    fit(track, body, Settings())
    took = time.process_time() - began
    return {"rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0,
            "fps": LONG_FRAMES / took}


def smplify(motion: Path | None) -> dict[str, Any]:
    """Measure the peer on a few frames of the first clip; it is told the true focal length."""
    import torch

    from kinesics_core.assets.store import shipped
    from kinesics_core.fitting.evaluation.smplify_x import fit_frames

    torch.set_num_threads(1)
    body = load()
    track, real = clips(body, motion)[0]
    began = time.process_time()
    found = fit_frames(track, body, shipped("smplx/SMPLX_NEUTRAL.npz"), list(PEER_FRAMES),
                       real.focal)
    fps = len(PEER_FRAMES) / (time.process_time() - began)
    return {"fps": fps, **_means(found, real, body, track, None)}


def forward(motion: Path | None) -> dict[str, Any]:
    """Measure the body model alone."""
    from kinesics_core.body.bench_forward import measure

    return {"results": measure()}


def _means(
    found: Fit | Any, real: truth.Truth, body: BodyModel, track: Track, penetration: int | None
) -> dict[str, float]:
    return score(found, real, (body, body), track, penetration_step=penetration).means()


def _over_clips(rows: list[dict[str, float]]) -> dict[str, Any]:
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


MEASURES = {
    measure.__name__: measure for measure in (
        video, speed, single, accuracy, missing, occluded, landmarks, unregularised, memory,
        smplify, forward)
}


if __name__ == "__main__":
    # One core, so that what libraries start besides one thread does not count as ours.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"measuring {sys.argv[1]} ...", file=sys.stderr, flush=True)
    print(json.dumps(MEASURES[sys.argv[1]](Path(sys.argv[2]) if sys.argv[2:] else None)))
