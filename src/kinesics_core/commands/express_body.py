"""``kinesics express`` of a body: what is asked, performed, and written."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kinesics_core import __version__, files
from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL, emotion_index
from kinesics_core.body import model as body_model
from kinesics_core.commands.express_body_files import Take, body_outputs, write_meshes
from kinesics_core.commands.express_files import (
    MESHES,
    MOST_FRAMES,
    NAMES,
    SUMMARY,
    VIEW_NAMES,
    Output,
    digest_of,
    write_outputs,
)
from kinesics_core.commands.express_progress import progress, told_files
from kinesics_core.commands.express_start import read_start
from kinesics_core.commands.face_source import source_of
from kinesics_core.commands.retarget import load_robot, tell
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_performance import Performance, moments, perform_body
from kinesics_core.expression.gestures import add_gestures, robot_gesture
from kinesics_core.expression.performance import PerformanceConfig, course
from kinesics_core.expression.request import Expression, ExpressionRequest, resolve
from kinesics_core.importers.gesture_folder import read_folder
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.settings import settings_of

_SOURCES = ("emotion", "compound", "upper", "vad", "units", "text")


def run(args: argparse.Namespace) -> int:
    """Perform and write."""
    useless = [flag for flag, given in (
        ("--catalogue", args.catalogue), ("--whole-body", args.whole_body),
        ("--topic", bool(args.topic))) if given]
    if useless:
        raise KinesicsError(f"Got {', '.join(useless)} without --face-only, which they go with.")
    expression, request = _wish(args)
    config = _config(args)
    make = _maker(args, expression, request)
    fitted = None if args.source is None else read_start(args.source)
    gender = "neutral" if fitted is None else fitted.gender
    model, file = body_model.load(gender=gender), body_model.find(None, gender)
    start = None if fitted is None else (fitted, model)
    take = partial(
        Take, model=model, view=args.view or VIEW_NAMES[0],
        body={"model": file.name, "model_sha256": files.sha256_of(file)},
        labels={"emotion": EMOTIONS[expression.emotion]})
    seeds = range(config.seed, config.seed + (args.samples or 1))
    with progress({"pose": len(seeds) * len(course(config)[0])}) as on_step:
        performances = [
            make(replace(config, seed=seed), start=start, legs=not args.upper_body,
                 on_frame=partial(on_step, "pose"))
            for seed in seeds]
    takes = [take(performance) for performance in performances]
    about = _about(args, expression, config, performances)
    outputs = body_outputs(takes[0]) if args.samples is None else _of_samples(takes, seeds)
    robot = load_robot(args.robot) if args.robot else None
    _write(args, takes, seeds, outputs, about)
    if robot is not None:
        _on_robot(args, robot, performances[0])
    return 0


def _on_robot(args: argparse.Namespace, robot: Retargeter, performance: Performance) -> None:
    """Show a performance on a robot, and write what its joints do."""
    from kinesics_core.commands.robot_files import video_length, write_robot
    from kinesics_core.robot.offline import retarget_motion

    frames = performance.frames
    rotations = np.concatenate(
        [frames.global_orient[:, None], frames.body_pose.reshape(-1, 21, 3)], axis=1)
    hands = frames.left_hand_pose.reshape(-1, 15, 3), frames.right_hand_pose.reshape(-1, 15, 3)
    motion = retarget_motion(robot, rotations, performance.face.rate or 60.0, hands=hands)
    with progress({"robot": video_length(motion)}) as on_step:
        done = write_robot(args.out / "robot", robot, motion, True, partial(on_step, "robot"))
    tell(robot, motion)
    for file in done:
        print(files.shown(file))


def _maker(
    args: argparse.Namespace, expression: Expression, request: ExpressionRequest
) -> Callable[..., Performance]:
    """Return what makes a performance of a config.

    Raises:
        KinesicsError: The noise is out of range, or goes with another option that it cannot.
    """
    if args.noise_scale is None:
        return partial(perform_body, expression, request)
    from kinesics_core.expression.bodies import GeneratorConfig, generate

    if args.way is not None or args.compound is not None:
        raise KinesicsError(
            f"Got --noise-scale with {'--variant' if args.way is not None else '--compound'}, whose"
            " face no request says; give --emotion alone, or --upper with --lower.")
    return partial(generate, request, GeneratorConfig(noise_scale=args.noise_scale))


def _write(
    args: argparse.Namespace, takes: list[Take], seeds: range, outputs: list[Output],
    about: dict[str, Any],
) -> None:
    """Write what is wanted and tell of it."""
    wanted = [kind for kind in NAMES if getattr(args, kind)]
    if not wanted:
        wanted = list(NAMES) if args.samples is None else ["npz", "sheet"]
    steps: dict[str, int] = {}
    for output in outputs:
        if output.kind in wanted:
            steps[output.kind] = steps.get(output.kind, 0) + output.steps
    if args.obj:
        steps["obj"] = sum(len(take.performance.times) for take in takes)
    with progress(steps) as on_step:
        done = write_outputs(args.out, SUMMARY, about, outputs, wanted, on_step)
        folders = [args.out / _folder(args, seed) / MESHES for seed in seeds] if args.obj else []
        meshes = [write_meshes(folder, take, partial(on_step, "obj"))
                  for folder, take in zip(folders, takes, strict=False)]
    for note in about["notes"]:
        print(note, file=sys.stderr)
    told_files(args.out, done)
    for folder, made in zip(folders, meshes, strict=True):
        speed = (", kept from an earlier run" if math.isnan(made.per_second)
                 else f", {made.per_second:.0f} meshes/s")
        print(f"{files.shown(folder)}: {made.count} meshes, {made.bytes / 1e6:.2f} MB{speed}")


def _folder(args: argparse.Namespace, seed: int) -> str:
    return "" if args.samples is None else f"seed_{seed}"


def _of_samples(takes: list[Take], seeds: range) -> list[Output]:
    """Return the files of several takes, each in a folder, and the sheet of all."""
    outputs = [output for seed, take in zip(seeds, takes, strict=True)
               for output in body_outputs(take, f"seed_{seed}/") if output.kind != "sheet"]

    def write(path: Path, told: Any) -> None:
        from kinesics_core.view.body_sheet import sample_sheet
        from kinesics_core.view.face_sheet import jpeg

        files.write_bytes(path, jpeg(sample_sheet(
            [take.performance for take in takes], seeds, takes[0].view)))
        told()

    source = digest_of("samples", *(take.digest("sheet").encode() for take in takes))
    return [*outputs, Output("sheet", NAMES["sheet"], source, 1, write)]


def _wish(args: argparse.Namespace) -> tuple[Expression, ExpressionRequest]:
    """Return what the options ask for.

    Raises:
        KinesicsError: Nothing or several things say it, or a value is none.
    """
    if args.gestures is not None:
        add_gestures(read_folder(args.gestures), str(args.gestures))
    gesture = _gesture(args)
    others = [name for name in (*_SOURCES, "lower") if getattr(args, name) is not None]
    if not others and args.gesture:
        if args.intensity is not None:
            raise KinesicsError("Got --intensity with --gesture alone; give an --emotion, too.")
        request = ExpressionRequest(emotion=NEUTRAL, intensity=0.0, **gesture)
        return resolve(request), request
    if not others:
        raise KinesicsError(
            "Got nothing to show; give one of a text, --emotion, --compound, --upper with --lower,"
            " --vad, --units or --gesture.")
    request = replace(_request(args, source_of(args)), **gesture)
    expression = resolve(request)
    face = _other_face(args)
    if face is not None:
        expression = replace(expression, blendshapes=face)
        request = replace(request, emotion=None, compound=None, blendshapes=face)
    return expression, request


def _gesture(args: argparse.Namespace) -> dict[str, Any]:
    """Return the fields of a request that say its gesture.

    Raises:
        KinesicsError: There is no such gesture, or its side or strength comes without one.
    """
    if args.gesture is None:
        without = [flag for flag, value in (
            ("--gesture-side", args.gesture_side),
            ("--gesture-intensity", args.gesture_intensity)) if value is not None]
        if without:
            raise KinesicsError(f"Got {' and '.join(without)} without --gesture; give one.")
        return {}
    robot_gesture(args.gesture)
    strength = 1.0 if args.gesture_intensity is None else args.gesture_intensity
    return {"gesture": args.gesture, "gesture_side": args.gesture_side or "",
            "gesture_intensity": strength}


def _request(args: argparse.Namespace, source: str) -> ExpressionRequest:
    """Return the request of a source, without its gesture."""
    from kinesics_core.expression.faces.mixing import COMPOUNDS, require_compound
    from kinesics_core.expression.faces.units import parse_units

    intensity = 1.0 if args.intensity is None else args.intensity
    given: dict[str, Any] = {"intensity": intensity}
    if source == "emotion":
        given["emotion"] = emotion_index(args.emotion)
    elif source == "compound":
        given["compound"] = COMPOUNDS[require_compound(args.compound)][:2]
    elif source == "upper":
        given["compound"] = (args.upper, args.lower)
    elif source == "vad":
        given["vad"] = np.array(args.vad)
    elif source == "units":
        given["units"] = parse_units(args.units)
    else:
        given["text"] = args.text
    return ExpressionRequest(**given)


def _other_face(args: argparse.Namespace) -> np.ndarray | None:
    """Return the face (52,) of a variant or of a compound with a name, which no request says."""
    from kinesics_core.expression.faces import face_of_emotion
    from kinesics_core.expression.faces.mixing import face_of_compound

    intensity = 1.0 if args.intensity is None else args.intensity
    if args.way is not None:
        return face_of_emotion(args.emotion, intensity, args.way)
    if args.compound is not None:
        return face_of_compound(args.compound, intensity)
    return None


def _config(args: argparse.Namespace) -> PerformanceConfig:
    """Return the settings that are given, defaults elsewhere.

    Raises:
        KinesicsError: One is out of range, or there would be too many frames.
    """
    given = {known.name: getattr(args, known.name) for known in settings_of(PerformanceConfig)}
    config = PerformanceConfig(**{n: value for n, value in given.items() if value is not None})
    samples = args.samples or 1
    replace(config, seed=config.seed + samples - 1)
    frames = samples * len(course(config)[0])
    if frames > MOST_FRAMES:
        raise KinesicsError(
            f"Got {samples} samples with {frames} frames together; wanted {MOST_FRAMES} at most."
            " Give fewer --samples or --seconds, or a lower --rate.")
    return config


def _about(
    args: argparse.Namespace, expression: Expression, config: PerformanceConfig,
    performances: list[Performance],
) -> dict[str, Any]:
    """Return what the summary says."""
    request = {name: getattr(args, name)
               for name in (*_SOURCES, "lower", "intensity", "gesture", "gesture_side",
                            "gesture_intensity", "noise_scale", "samples")
               if getattr(args, name) is not None}
    if args.way is not None:
        request["variant"] = args.way
    if args.source is not None:
        request["from"] = files.shown(args.source)
    if args.upper_body:
        request["upper_body"] = True
    _, begin, _ = course(config)
    notes = []
    if args.gesture and begin + robot_gesture(args.gesture).duration > config.seconds:
        notes.append(f"The gesture {args.gesture} takes longer than the performance has; give more"
                     " --seconds to see its end.")
    first = performances[0]
    return {
        "kinesics": __version__, "request": request, "seed": config.seed,
        "emotion": {name: round(max(float(share), 0.0), 4)
                    for name, share in zip(EMOTIONS, expression.distribution, strict=True)},
        "intensity": round(expression.intensity, 4),
        "vad": [round(float(value), 4) for value in expression.vad],
        "gender": first.gender, "frames": len(first.times),
        "seconds": round(first.face.duration, 4), "rate": round(first.face.rate, 4),
        "moments": {name: round(float(first.times[frame]), 4)
                    for name, frame in moments(first).items()},
        "notes": notes,
    }
