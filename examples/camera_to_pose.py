"""From a camera to the robot's pose, without ROS: the whole loop as six objects.

    python examples/camera_to_pose.py --source 0             # your first camera
    python examples/camera_to_pose.py --source clip.mp4
    python examples/camera_to_pose.py --source synthetic     # a rendered person, no camera needed

Each object takes and gives the plain dataclasses of ``kinesics_core.types``.
"""

import argparse
from itertools import islice

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.affect.reader import AffectReader
from kinesics_core.affect.signals import SignalReader
from kinesics_core.expression.animator import Animator
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.motion.runtime import Forecaster
from kinesics_core.perception.landmarks import KeypointEstimator
from kinesics_core.perception.sources import open_source
from kinesics_core.skeletons import SMPLX_BODY

LEFT_ELBOW = SMPLX_BODY.index("left_elbow") - 1  # body_pose begins after the pelvis


def main(arguments: list[str] | None = None) -> None:
    """Print what the robot would do, frame by frame."""
    parser = argparse.ArgumentParser(description="Camera to pose, without ROS.")
    parser.add_argument("--source", default="0", help="camera, video, folder or 'synthetic'")
    parser.add_argument("--frames", type=int, help="stop after so many")
    args = parser.parse_args(arguments)

    forecaster, reader, signal_reader, policy, animator = (
        Forecaster(), AffectReader(), SignalReader(), ResponsePolicy(), Animator())
    with open_source(args.source, fit=(640, 480)) as source, KeypointEstimator() as estimator:
        for frame in islice(iter(source.read, None), args.frames):
            people = estimator.process(frame)  # keypoints, hands, face of everybody, with ids
            forecast = forecaster.update(people)  # the next second of motion, and its emotion
            reader.add_body_readings(forecast.affects)
            affects = reader.update(people)  # fused with face and movement
            signals = signal_reader.update(people, forecast.motion)  # gestures, engagement
            response = policy.update(affects, people, signals)  # what to express, to whom, why
            animator.respond(response)
            face, body = animator.step(frame.stamp)  # ARKit weights, gaze; SMPL-X rotations

            ahead = ""
            if forecast.motion:
                nose = forecast.motion[0].keypoints[-1, 0]
                ahead = f", nose in a second at ({nose[0]:.0f}, {nose[1]:.0f}) px"
            elbow = np.linalg.norm(body.body_pose[LEFT_ELBOW])
            print(f"{frame.index:4d}: {len(people.persons)} seen{ahead}; robot: "
                  f"{EMOTIONS[response.emotion]} {response.intensity:.2f}, head yaw "
                  f"{face.head[2]:+.2f} rad, left elbow {elbow:.2f} rad; {response.reason}")


if __name__ == "__main__":
    main()
