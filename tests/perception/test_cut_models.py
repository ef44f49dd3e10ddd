"""The pose models without their segmentation mask see what MediaPipe's own see, bit for bit."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from kinesics_core.assets import store
from kinesics_core.assets.task_bundle import task_bundle
from kinesics_core.perception import peer
from kinesics_core.perception.holistic import HolisticDetector
from kinesics_core.perception.mediapipe_tasks import as_mediapipe, pose_landmarker
from kinesics_core.types import Person

VARIANTS = ["lite", *(pytest.param(v, marks=pytest.mark.slow) for v in ("full", "heavy"))]
PARTS = ("coco", "pose", "pose_world", "left_hand", "right_hand", "left_hand_world",
         "right_hand_world", "face", "blendshapes")


def seen(model: Path, images: list[np.ndarray]) -> list[Person]:
    detector = HolisticDetector(model, 0.5)
    try:
        return [person for index, image in enumerate(images)
                for person in detector.detect(image, 33 * index)]
    finally:
        detector.close()


@pytest.mark.parametrize("variant", VARIANTS)
def test_holistic_sees_the_same(variant, portrait, talking, balancing):
    found = set()
    clips = ([frame.image for frame in clip[:6]] for clip in (talking, balancing))
    for images in ([portrait] * 2, *clips):
        ours = seen(store.path(f"holistic-{variant}"), images)
        theirs = seen(peer.peer_model(variant), images)
        assert len(ours) == len(theirs) == len(images)
        for person, other in zip(ours, theirs, strict=True):
            for part in PARTS:
                np.testing.assert_array_equal(getattr(person, part), getattr(other, part), part)
                found |= {part} if getattr(person, part) is not None else set()
    assert {"pose", "pose_world", "face", "blendshapes"} <= found
    assert found & {"left_hand", "right_hand"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_pose_landmarker_of_several_people_sees_the_same(variant, portrait, tmp_path):
    names = ("pose_detector.tflite", "pose_landmarks_detector.tflite")
    with zipfile.ZipFile(peer.peer_model(variant)) as bundle:
        (tmp_path / "uncut.task").write_bytes(task_bundle({n: bundle.read(n) for n in names}))
    image = as_mediapipe(np.hstack([portrait, portrait[:, ::-1]]))
    found = []
    for model in (store.path(f"pose-landmarker-{variant}"), tmp_path / "uncut.task"):
        with pose_landmarker(model, 0.5, 2) as task:
            result = task.detect(image)
        found.append(np.array([
            [(p.x, p.y, p.z, p.visibility, p.presence) for p in person]
            for person in (*result.pose_landmarks, *result.pose_world_landmarks)]))
    assert len(found[0]) >= 2 and found[0].shape[1:] == (33, 5)
    np.testing.assert_array_equal(*found)


def test_the_peer_keeps_mediapipes_own_models(portrait, monkeypatch):
    asked, real = [], store.path
    monkeypatch.setattr(store, "path", lambda name: asked.append(name) or real(name))
    peer.plain_mediapipe_times([portrait])
    assert asked == ["mediapipe-holistic-lite"]
    assert store.asset(asked[0]).cut is None
