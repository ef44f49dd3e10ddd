"""The files of a robot that moves: joints as CSV, a trajectory in a bag, a video."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from kinesics_core import files
from kinesics_core.errors import RecordingError
from kinesics_core.render.encoder import Mp4Writer
from kinesics_core.robot.offline import RATE, JointMotion
from kinesics_core.robot.picture import RobotPicture
from kinesics_core.robot.retarget import Retargeter
from kinesics_core.robot.trajectory_message import TYPE, serialised

CSV, BAG, VIDEO, SUMMARY = "joints.csv", "trajectory", "robot.mp4", "summary.json"
"""Names of the files in the output folder; the bag is a folder."""

TOPIC = "/joint_trajectory"
"""Topic of the trajectory in the bag."""

VIDEO_SIZE, VIDEO_RATE = (720, 720), 30.0
"""Size in pixels and frames a second of the video."""


def write_robot(
    out: Path, robot: Retargeter, motion: JointMotion, video: bool = True,
    on_frame: Callable[[], None] = lambda: None,
) -> list[Path]:
    """Write a robot's motion into a folder.

    Args:
        out: The folder.
        robot: Whose motion it is.
        motion: What it does.
        video: Whether a video is made; it takes the longest.
        on_frame: Told of each frame of the video.

    Returns:
        The files that were written. A bag is left out, with a sentence to stderr, where the
        definitions of ROS's messages are missing.
    """
    files.require_directory(out)
    done = [out / CSV, out / SUMMARY]
    files.write_text(out / CSV, as_csv(motion))
    files.write_text(out / SUMMARY, json.dumps(summary(robot, motion), indent=2))
    try:
        done.append(write_bag(out / BAG, motion))
    except RecordingError as error:
        print(f"No bag: {error}", file=sys.stderr)
    if video:
        done.append(write_video(out / VIDEO, robot, motion, on_frame))
    return done


def video_length(motion: JointMotion) -> int:
    """Return how many frames the video of a motion has."""
    return len(range(0, len(motion.times), max(1, round(RATE / VIDEO_RATE))))


def as_csv(motion: JointMotion) -> str:
    """Return times, positions and velocities as a table: time, JOINT ..., JOINT.velocity ..."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["time", *motion.names, *(f"{name}.velocity" for name in motion.names)])
    for time, position, velocity in zip(motion.times, motion.position, motion.velocity,
                                        strict=True):
        table.writerow([f"{time:.4f}", *(f"{value:.5f}" for value in (*position, *velocity))])
    return text.getvalue()


def summary(robot: Retargeter, motion: JointMotion) -> dict[str, object]:
    """Return what became of a motion: how much slower it is and how near it comes."""
    return {
        "robot": robot.map.name, "description": robot.model.urdf.path.name,
        "joints": list(motion.names), "seconds": round(float(motion.times[-1]), 3),
        "rate": RATE, "times_slower": round(motion.slower, 3),
        "degrees_off_median": {part: round(float(value), 2) for part, value in zip(
            motion.parts, np.median(motion.error, axis=0), strict=True)},
        "notes": list(robot.notes),
    }


def write_bag(path: Path, motion: JointMotion) -> Path:
    """Write a motion as one JointTrajectory into a new bag; an older one is replaced."""
    from kinesics_core.recording.bag_writer import BagWriter

    message = serialised(motion.names, 0, motion.times, motion.position, motion.velocity,
                         motion.acceleration)
    part = files.part_of(path)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        # The name of a bag's folder is that of the file in it.
        with BagWriter(part / path.name) as bag:
            bag.add_topic(TOPIC, TYPE)
            bag.write(TOPIC, message, 0)
        if path.is_dir():
            shutil.rmtree(path)
        (part / path.name).rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return path


def write_video(path: Path, robot: Retargeter, motion: JointMotion,
                on_frame: Callable[[], None]) -> Path:
    """Write a video of a robot that moves."""
    picture = RobotPicture(robot.model, robot.map, VIDEO_SIZE)
    with Mp4Writer(path, VIDEO_SIZE, VIDEO_RATE) as writer:
        for frame in range(0, len(motion.times), max(1, round(RATE / VIDEO_RATE))):
            writer.write(picture.draw(
                dict(zip(motion.names, motion.position[frame].tolist(), strict=True))))
            on_frame()
    picture.close()
    return path
