"""Differences of the shipped personalities to the eye, in the meetings that blind viewers saw."""

from pathlib import Path

import numpy as np
import pytest

from kinesics_core.expression.animator import Animator
from kinesics_core.mind.personality import load_personality
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.trace import read_trace
from kinesics_core.skeletons import BLENDSHAPE_INDEX, SMPLX_BODY

MEETINGS = Path(__file__).parent / "meetings"
SHOULDERS = [SMPLX_BODY.index(f"{side}_shoulder") - 1 for side in ("left", "right")]
RATE = 10.0


def look(name, meeting):
    """Means over a meeting: arms from hanging (rad), head canted, open mouth, brow, smile."""
    policy, animator = ResponsePolicy(load_personality(name)), Animator(0)
    arms, heads, faces = [], [], []
    for frame in read_trace(MEETINGS / meeting).frames(RATE):
        response = policy.update(frame.affects, frame.people, frame.signals)
        animator.respond(response)
        face, body = animator.step(response.stamp)
        arms.append(body.body_pose[SHOULDERS])
        heads.append(face.head[0])
        faces.append(face.blendshapes)
    shapes = np.mean(faces, axis=0)
    return {
        "arms": np.linalg.norm(np.array(arms) - arms[0], axis=2).mean(),
        "cant": np.mean(heads),
        **{shape: float(shapes[BLENDSHAPE_INDEX[shape]])
           for shape in ("jawOpen", "browOuterUpLeft", "mouthSmileLeft", "mouthFrownLeft")},
    }


@pytest.mark.parametrize(
    "meeting", ["anna.yaml", pytest.param("ben.yaml", marks=pytest.mark.slow)])
def test_the_personalities_are_parted_by_what_one_sees(meeting):
    seen = {name: look(name, meeting) for name in ("warm", "shy", "playful", "neutral")}
    warm, shy, playful = (seen[name] for name in ("warm", "shy", "playful"))
    for size, factor in (("arms", 1.3), ("jawOpen", 2.0), ("browOuterUpLeft", 1.5)):
        assert playful[size] > factor * warm[size], size
    assert warm["cant"] > playful["cant"] + 0.04
    assert warm["cant"] > max(seen[name]["cant"] for name in seen if name != "warm")
    assert warm["mouthFrownLeft"] > 1.3 * playful["mouthFrownLeft"]  # stays with the sad
    assert warm["mouthSmileLeft"] > 1.2 * seen["neutral"]["mouthSmileLeft"]
    assert min(warm["arms"], playful["arms"]) > 1.3 * shy["arms"]
