from dataclasses import replace

import numpy as np
import pytest
from walker import pose, waving

from kinesics_core.dataset.clips import Clip
from kinesics_core.dataset.resampling import resample
from kinesics_core.motion import windows
from kinesics_core.motion.training.camera_augmentation import (
    NO_NOISE,
    Augmentation,
    Camera,
    DetectorNoise,
    detect,
    mirror,
    pixels_of,
    played,
    random_camera,
    stretch,
)
from kinesics_core.motion.training.camera_windows import draw_windows
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17


def camera(**changes):
    values = {"target": np.zeros((1, 3)), "distance": [3.0], "yaw": [0.0], "pitch": [0.0],
              "roll": [0.0], "focal": [600.0]} | changes
    return Camera(**{key: np.asarray(value, float) for key, value in values.items()})


def test_pinhole_projection_of_known_points():
    points = np.array([[[0, 0, 0], [0.5, 0.25, 0], [0.5, 0, 1.0]]], float)
    assert pixels_of(points, camera())[0] == pytest.approx(np.array(
        [[320, 240], [320 + 600 * 0.5 / 3, 240 - 600 * 0.25 / 3], [320 + 600 * 0.5 / 2, 240]]))


def test_the_camera_walks_around_and_looks_down():
    point = np.array([[[0.0, 0.0, 1.0]]])  # one metre in front of the person
    # The world turns by -yaw about y under the camera; at -90 degrees what was in front is right.
    assert pixels_of(point, camera(yaw=[-np.pi / 2]))[0, 0] == pytest.approx((520, 240))
    above = pixels_of(np.array([[[0.0, 0.0, 1.0]]]), camera(pitch=[0.3]))[0, 0]
    assert above[1] > 240  # seen from above, what is nearer is lower in the image
    rolled = pixels_of(np.array([[[0.6, 0.0, 0.0]]]), camera(roll=[np.pi / 2]))[0, 0]
    assert rolled == pytest.approx((320, 120))


def test_mirroring_twice_changes_nothing_and_once_exchanges_the_hands():
    clip = waving(1.3, 0.2, 1.0)
    assert mirror(mirror(clip)) == pytest.approx(clip)
    left, right = COCO17.index("left_wrist"), COCO17.index("right_wrist")
    assert mirror(clip)[:, left] == pytest.approx(clip[:, right] * (-1, 1, 1))


@pytest.mark.parametrize("facing", [0.0, 0.8, np.pi / 2, 2.5, np.pi, -1.2])
def test_most_cameras_see_the_face_wherever_the_person_looks(facing):
    turned = pose() @ exponential(np.array([0.0, facing, 0.0])).T
    points = np.repeat(turned[None, None], 400, axis=0)
    pixels = pixels_of(points, random_camera(np.random.default_rng(0), points))[:, 0]
    left, right = COCO17.index("left_shoulder"), COCO17.index("right_shoulder")
    assert 0.75 < (pixels[:, left, 0] > pixels[:, right, 0]).mean() < 0.95


def test_resampling_a_24_hz_sinusoid_keeps_its_values():
    t = np.arange(72) / 24.0
    clip = np.sin(2 * np.pi * t / 1.5)[:, None, None] * np.ones((1, 17, 3))
    at30 = resample(clip, 24.0, 30.0)
    wanted = np.sin(2 * np.pi * np.arange(len(at30)) / 30.0 / 1.5)
    assert len(at30) == 89
    assert at30[2:-2, 0, 0] == pytest.approx(wanted[2:-2], abs=2e-3)


def test_a_noisy_detector_errs_as_asked():
    rng = np.random.default_rng(1)
    clip = waving(1.0, 0.0, 2.0)
    pixels = pixels_of(np.repeat(clip[None], 150, axis=0), camera(
        target=np.repeat([[0, 0.9, 0]], 150, axis=0), **{
            key: np.full(150, value) for key, value in
            (("distance", 3), ("yaw", 0), ("pitch", 0), ("roll", 0), ("focal", 600))}))
    noisy, seen = detect(rng, pixels, NO_NOISE)
    assert seen.all() and noisy == pytest.approx(pixels, abs=1e-3)
    noisy, seen = detect(rng, pixels, DetectorNoise((0.01, 0.01), 1.0, 0.0, 0.0, 0.0))
    legs = [i for i, n in enumerate(COCO17) if n.endswith(("knee", "ankle"))]
    assert not seen[:, :, legs].any() and seen[:, :, :11].all()
    _, scale = windows.centroid_and_scale(pixels[:, -1])
    assert (noisy - pixels).std() == pytest.approx(0.01 * scale[0, 0, 0], rel=0.05)
    _, seen = detect(rng, pixels, DetectorNoise((1e-3, 1e-3), 0.0, 0.0, 0.0, 1.0))
    first = seen[:, :, 0].argmax(axis=1)
    assert first.min() >= 0 and 40 < first.max() <= 45 and seen[:, -15:].all()


def test_people_of_other_proportions_keep_the_directions_of_their_limbs():
    rng = np.random.default_rng(2)
    clips = np.repeat(waving(1.0, 0.0, 3.0)[None, :90], 60, axis=0)
    other = stretch(rng, clips, 0.1)
    place = {name: index for index, name in enumerate(COCO17)}
    for end, begin in (("wrist", "elbow"), ("ankle", "knee"), ("knee", "hip")):
        factors = {}
        for side in ("left", "right"):
            bone, was = (clip[:, :, place[f"{side}_{end}"]] - clip[:, :, place[f"{side}_{begin}"]]
                         for clip in (other, clips))
            length, before = (np.linalg.norm(part, axis=-1, keepdims=True) for part in (bone, was))
            assert bone / length == pytest.approx(was / before, abs=1e-6)
            factors[side] = length / before
        assert factors["left"] == pytest.approx(factors["right"]), "one person has two arms alike"
        assert np.ptp(factors["left"], axis=1).max() < 1e-6, "and keeps them"
        assert np.log(factors["left"][:, 0]).std() == pytest.approx(0.1, rel=0.35)
    assert stretch(rng, clips, 0.0) == pytest.approx(clips, abs=1e-6)


def test_wide_cameras_stand_far_away_too_and_look_up_and_down():
    points = np.repeat(pose()[None, None], 600, axis=0)
    near, wide = (random_camera(np.random.default_rng(0), points, wide=wide)
                  for wide in (False, True))
    assert near.distance.max() < 5.5 and np.degrees(np.abs(near.pitch)).max() < 30
    far = wide.distance > 10
    assert 0.25 < far.mean() < 0.42 and wide.distance[~far].max() <= 7.0
    assert 0.1 < (np.degrees(np.abs(wide.pitch)) > 15).mean() < 0.35
    sizes = np.ptp(pixels_of(points, wide)[:, 0, :, 1], axis=1)
    assert sizes[far].mean() == pytest.approx(sizes[~far].mean(), rel=0.5), "with a long lens"


def test_some_detectors_are_exact():
    pixels = np.repeat(waving(1.0, 0.0, 2.0)[None, :60, :, :2] * 100, 300, axis=0)
    noise = DetectorNoise((0.01, 0.01), 0.0, 0.0, 0.0, 0.0, exact=0.3)
    noisy, _ = detect(np.random.default_rng(1), pixels, noise)
    assert 0.2 < (np.abs(noisy - pixels).max(axis=(1, 2, 3)) == 0).mean() < 0.4


def test_quiet_people_hardly_move_and_pinned_ones_keep_their_hips_in_place():
    body = waving(1.0, 0.0, 5.0)
    body = (body + np.linspace(0, 4, len(body))[:, None, None] * (1.0, 0.0, 0.0)).astype(np.float32)
    which, plain = np.zeros(200, int), Augmentation(speeds=(1.0, 1.0))

    def moved(**how):
        return played(np.random.default_rng(0), [body], which, replace(plain, **how))

    def way(points):
        return np.abs(np.diff(points, axis=1)).mean(axis=(1, 2, 3))

    walked, quiet, pinned = moved(), moved(quiet=True), moved(pinned=True)
    assert (way(quiet) < 0.31 * way(walked).max()).all() and way(quiet).min() > 0
    hips = pinned[:, :, [COCO17.index("left_hip"), COCO17.index("right_hip")]].mean(axis=2)
    assert np.ptp(hips, axis=1).max() < 1e-5 and np.ptp(walked[:, :, 0, 0], axis=1).min() > 1.0
    own = walked - walked[:, :, 11:13].mean(axis=2, keepdims=True)
    assert pinned - hips[:, :, None] == pytest.approx(own, abs=1e-5)


def test_some_windows_are_seen_level_without_perspective_and_exactly():
    clips = [Clip("a", "s", "a", 30.0, waving(1.0, 0.0, 5.0).astype(np.float32))]
    cut = draw_windows(np.random.default_rng(0), clips, 40, DetectorNoise((0.05, 0.05)),
                       augmentation=Augmentation(mirrored=0.0, speeds=(1.0, 1.0), level=1.0))
    assert cut.known.all()
    # What is as high in the clip is as high in the picture, from every side: scale them alike.
    seen = np.concatenate([cut.observed, cut.future], axis=1)[..., 1]
    heights = seen - seen.mean(axis=(1, 2), keepdims=True)
    still = [COCO17.index(f"{side}_{part}") for side in ("left", "right")
             for part in ("hip", "knee", "ankle")]
    legs = heights[:, :, still] / np.ptp(heights[:, :, still], axis=(1, 2), keepdims=True)
    assert np.ptp(legs, axis=(0, 1)).max() < 0.01
