from dataclasses import replace

import numpy as np
import pytest

from kinesics_core.affect.emotions import HAPPINESS, NEUTRAL
from kinesics_core.expression.animator import Animator
from kinesics_core.expression.answer import EXTENT, extent_of
from kinesics_core.skeletons import BLENDSHAPE_INDEX, SMPLX_BODY
from kinesics_core.types import NANOSECONDS, AffectiveResponse

SMILE = AffectiveResponse(
    0, "mirror", HAPPINESS, 0.7, 0.5, 0.1, 0.0, 1, np.zeros(2, np.float32), "", 20.0, "")
ARMS = [SMPLX_BODY.index(f"{side}_{joint}") - 1
        for side in ("left", "right") for joint in ("shoulder", "elbow")]


def shown(response, seconds=2.0, rate=60):
    """Faces (N,52), arms (N,4,3) and heads' roll (N,) of the last second and a half."""
    animator, poses = Animator(seed=3), []
    animator.step(0)
    animator.respond(response)
    for tick in range(1, int(seconds * rate) + 1):
        poses.append(animator.step(tick * NANOSECONDS // rate))
    poses = poses[rate // 2:]
    return (np.array([face.blendshapes for face, _ in poses]),
            np.array([body.body_pose[ARMS] for _, body in poses]),
            np.array([face.head[0] for face, _ in poses]))


@pytest.mark.parametrize(("tempo", "extent"), [
    (1.0, 1.0), (0.8, 0.64), (1.1, 1.0), (0.1, EXTENT[0]), (-1.0, EXTENT[0]), (3.0, EXTENT[1])])
def test_who_moves_slowly_moves_less_far(tempo, extent):
    assert extent_of(tempo) == pytest.approx(extent)


def test_a_slow_robot_opens_its_arms_less_and_smiles_as_much():
    rest = shown(replace(SMILE, emotion=NEUTRAL, intensity=0.0))[1].mean(axis=0)
    (slow_face, slow, _), (quick_face, quick, _) = (
        shown(replace(SMILE, tempo=tempo)) for tempo in (0.7, 1.0))
    assert np.abs(slow - rest).mean() < 0.6 * np.abs(quick - rest).mean()
    smile = BLENDSHAPE_INDEX["mouthSmileLeft"]
    assert slow_face[:, smile].mean() == pytest.approx(quick_face[:, smile].mean(), abs=0.02)


def test_joy_in_play_has_an_open_mouth_and_raised_brows():
    mirrored, played = (shown(replace(SMILE, policy=name))[0].mean(axis=0)
                        for name in ("mirror", "play"))
    for name in ("jawOpen", "browOuterUpLeft", "browInnerUp"):
        assert played[BLENDSHAPE_INDEX[name]] > mirrored[BLENDSHAPE_INDEX[name]] + 0.1
    assert played[BLENDSHAPE_INDEX["browOuterUpLeft"]] > (
        played[BLENDSHAPE_INDEX["browOuterUpRight"]] + 0.1)


def test_who_leans_towards_somebody_cants_the_head():
    upright, near, far = (shown(replace(SMILE, lean=lean), seconds=3.0)[2][-1]
                          for lean in (0.0, 0.2, -0.2))
    assert near - upright == pytest.approx(0.18, abs=0.03)
    assert far == pytest.approx(upright, abs=0.01)
