"""One image and everything the loop could make of it, without a network."""

from types import SimpleNamespace

import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.perception.synthetic_person import SyntheticPerson
from kinesics_core.skeletons import BLENDSHAPE_INDEX, SMPLX_BODY
from kinesics_core.types import (
    NANOSECONDS,
    Affect,
    AffectiveResponse,
    BodyPose,
    FacePose,
    Frame,
    Moment,
    MotionForecast,
    People,
)

START = 1_700_000_000 * NANOSECONDS


def face_pose(gaze=(0.0, 0.0), head=(0.0, 0.0, 0.0), **weights):
    blendshapes = np.zeros(52, np.float32)
    for name, weight in weights.items():
        blendshapes[BLENDSHAPE_INDEX[name]] = weight
    return FacePose(START, START, blendshapes, np.array(gaze), np.array(head))


def body_pose(**joints):
    """joints: axis-angle by the name of one of the 21 body joints."""
    pose = np.zeros((21, 3))
    for name, rotation in joints.items():
        pose[SMPLX_BODY.index(name) - 1] = rotation
    hand = np.zeros((15, 3))
    return BodyPose(
        START, START, np.zeros(3), np.zeros(3), pose, hand, hand, np.zeros(3), np.zeros(10)
    )


def affect(emotion="happiness", valence=0.6, arousal=0.3, stamp=START):
    categories = np.full(8, 0.05)
    categories[EMOTIONS.index(emotion)] += 0.6
    return Affect(stamp, 1, categories, valence, arousal, 0.1, 0.9, "fused")


def forecast(truth, stamp=START, shift=(60.0, 0.0), horizon=30):
    """A person who glides by `shift` pixels within the horizon."""
    steps = np.linspace(1 / horizon, 1, horizon)[:, None, None] * np.array(shift)
    keypoints = (truth.coco[None, :, :2] + steps).astype(np.float32)
    return MotionForecast(
        stamp, truth.id, 640, 480, keypoints, 1 / 30, np.ones(horizon, np.float32), 1.0
    )


def moment(index=0, fps=30.0, person=None):
    """Everything the loop makes of image `index`."""
    person = person or SyntheticPerson()
    image, truth = person.render(index / fps)
    stamp = START + round(index * NANOSECONDS / fps)
    people = People(stamp, 640, 480, [truth] if truth else [])
    response = AffectiveResponse(
        stamp, "mirror", EMOTIONS.index("happiness"), 0.7, 0.5, 0.2, 0.1, 1,
        np.zeros(2, np.float32), "wave", 1.0, "Person 1 shows happiness, so the robot mirrors it.",
    )
    return Moment(
        Frame(image, stamp, index), people, [forecast(truth, stamp)] if truth else [],
        [affect(stamp=stamp)], response, face_pose(mouthSmileLeft=0.8, mouthSmileRight=0.8),
        body_pose(left_shoulder=(0, 0, -1.2), right_shoulder=(0, 0, 1.2)),
    )


@pytest.fixture(scope="session")
def scene():
    """The makers of this file by name: scene.moment(3), scene.face_pose(jawOpen=1), ..."""
    return SimpleNamespace(
        face_pose=face_pose, body_pose=body_pose, affect=affect, forecast=forecast, moment=moment,
        start=START,
    )
