"""Judging what is read from bodies: figures that are known beforehand, and an honest peer."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from kinesics_core.affect.emotions import ANGER, EMOTION_VAD
from kinesics_core.cli import main
from kinesics_core.dataset.clips import Clip, Dataset, Info, Writer
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments import affect_evaluation as affect
from kinesics_core.motion.windows import STANDING
from kinesics_core.skeletons import COCO17
from kinesics_core.types import Affect

RATE = 25.0


def waving(name: str, speed: float, turned: float = 0.0, **labels: str) -> Clip:
    """A person of 1.7 m who swings both forearms, ``speed`` times a second, for 4 s."""
    pose = np.concatenate([STANDING * (1, -1), np.zeros((17, 1))], axis=1)
    pose[COCO17.index("nose"), 2] = 0.1
    keypoints = np.repeat(pose[None], 100, axis=0)
    swing = 0.25 * np.sin(2 * np.pi * speed * np.arange(100) / RATE)
    for side, sign in (("left", 1), ("right", -1)):
        keypoints[:, COCO17.index(f"{side}_wrist"), 0] += sign * (0.25 + swing)
    sine, cosine = np.sin(turned), np.cos(turned)
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    return Clip(name, "test", name, RATE, (keypoints @ turn.T).astype(np.float32), labels)


def write(path: Path, clips: list[Clip], **info) -> Dataset:
    with Writer(path, Info("test", **info)) as writer:
        for clip in clips:
            writer.add(clip)
    return Dataset(path)


def reading(
    valence: float, arousal: float, speed: float = 1.0, /, **labels: str
) -> affect.ClipReading:
    return affect.ClipReading("c", np.array([valence, arousal, np.nan]), speed, labels)


def test_agreement_counts_only_what_is_rated_and_read():
    rated = np.linspace(-0.8, 0.8, 20)
    readings = [reading(-v, v / 2, 1 + v * v, valence=str(v), arousal=str(v)) for v in rated]
    readings += [reading(0.9, 0.1),
                 affect.ClipReading("d", np.full(3, np.nan), 1.0, {"arousal": "1"})]
    valence, arousal = affect.evaluate_affect(readings)
    assert (valence.dimension, valence.n, arousal.n) == ("valence", 20, 20)
    assert (valence.pearson, valence.ccc) == pytest.approx((-1.0, -1.0))
    assert arousal.spearman == pytest.approx(1.0)
    assert arousal.ccc == pytest.approx(0.8)            # 2 b / (1 + b^2) for a slope of one half
    assert abs(arousal.speed_pearson) < 1e-9


def test_order_within_a_content():
    """A run is quicker than a walk in any style; within each, the order is perfect."""
    readings = [
        reading(0, base + step, speed, style=style, content=content)
        for content, base, speed in (("walk", 0.0, 1.0), ("run", 0.5, 2.0))
        for step, style in ((0.0, "tired"), (0.1, "normal"), (0.2, "active"))
    ]
    order = affect.evaluate_order(readings, "style", ["tired", "normal", "active"], "content")
    assert (order.pairs, order.share, order.speed_share) == (6, 1.0, 0.5)
    assert list(order.means) == ["tired", "normal", "active"]
    mixed = affect.evaluate_order(readings, "style", ["tired", "normal", "active"])
    assert (mixed.pairs, mixed.share) == (12, pytest.approx(9 / 12))
    backwards = affect.evaluate_order(readings, "style", ["active", "tired"], "content")
    assert backwards.share == 0.0


def test_a_clip_is_seen_from_the_front_and_fits():
    for turned in (0.0, 1.0, np.pi, -2.0):
        frames = list(affect.frames_of(waving("a", 1.0, turned)))
        pixels = np.stack([people.persons[0].coco for people in frames])
        left, right = (pixels[:, COCO17.index(f"{s}_shoulder"), 0] for s in ("left", "right"))
        assert (left > right + 20).all()                 # as a camera sees who faces it
        assert (pixels[..., 0] >= 0).all() and (pixels[..., 0] <= 640).all()
        assert (pixels[..., 1] >= 0).all() and (pixels[..., 1] <= 480).all()
        assert (pixels[:, 0, 1] < pixels[:, 15, 1]).all()  # the head is above the feet
        assert frames[50].stamp == 2_000_000_000


def test_images_stay_as_they_are():
    clip = Clip("a", "s", "a", 30.0, np.full((3, 17, 2), 50, np.float32), {}, (200, 100))
    clip.keypoints[1, 4] = np.nan
    clip.keypoints[2] = np.nan
    first, second, third = affect.frames_of(clip)
    assert (first.width, first.height) == (200, 100)
    assert second.persons[0].coco[4, 2] == 0 and second.persons[0].coco[5, 2] == 1
    assert third.persons == []


def test_speed_is_in_lengths_of_the_torso():
    clip = waving("a", 0.0)
    clip.keypoints += np.arange(100)[:, None, None] * np.array([0.02, 0, 0], np.float32)
    torso = np.linalg.norm(STANDING[5:7].mean(0) - STANDING[11:13].mean(0))
    assert affect.mean_speed(clip) == pytest.approx(0.02 * RATE / torso, rel=1e-3)
    image = Clip("b", "s", "b", RATE, clip.keypoints[..., :2] * 100)
    assert affect.mean_speed(image) == pytest.approx(affect.mean_speed(clip), rel=1e-3)


def test_readings_are_averaged_over_the_clip():
    def reader(frames):
        for index, people in enumerate(frames):
            yield Affect(people.stamp, 1, np.zeros(8), np.nan, index / 100, 0.5, 1.0)

    found = affect.read_clip(waving("a", 1.0), reader)
    np.testing.assert_allclose(found.vad, [np.nan, 0.495, 0.5])
    silent = affect.read_clip(waving("a", 1.0), lambda frames: iter(()))
    assert np.isnan(silent.vad).all()


def test_the_rules_read_more_arousal_from_quicker_arms():
    slow, quick = (affect.read_clip(waving("a", s), affect.read_by_rules) for s in (0.2, 2.0))
    assert quick.vad[1] > slow.vad[1] + 0.2


def exported(path, classes):
    """A network that believes in the same emotions, 3 to 1, whatever it sees."""
    torch = pytest.importorskip("torch")
    from kinesics_core.motion.networks.registry import build
    from kinesics_core.motion.training.export import ForecasterMetadata, export_onnx

    network = build("mlp", classes=len(classes), residual=True)
    if classes:
        with torch.no_grad():
            network.classifier[-1].weight.zero_()
            network.classifier[-1].bias.copy_(torch.tensor([0.75, 0.25]).log())
    export_onnx(network, path, ForecasterMetadata(
        name="mlp", version="1", licence="none", normalisation="last_frame", data="none",
        classes=classes, spread_floor=[0.1] * 30, spread_gain=[0.2] * 30))
    return path


def test_a_model_without_a_classifier_cannot_be_judged(tmp_path):
    with pytest.raises(KinesicsError, match="no classifier"):
        affect.model_reader(exported(tmp_path / "m.onnx", ()))


def test_a_model_s_emotions_are_read(tmp_path):
    """Clips do not touch."""
    exported(tmp_path / "m.onnx", ("anger", "neutral"))
    reader = affect.model_reader(tmp_path / "m.onnx")
    readings = [affect.read_clip(waving(name, 1.0), reader) for name in "ab"]
    for found in readings:
        np.testing.assert_allclose(found.vad, 0.75 * EMOTION_VAD[ANGER], atol=1e-4)
    assert len(list(reader(affect.frames_of(waving("c", 1.0))))) == 100 - 13  # from .52 s on


def test_the_command(tmp_path, capsys):
    rng = np.random.default_rng(0)
    clips = [
        waving(f"{i:02}", speed, rng.uniform(-3, 3), arousal=f"{speed / 2 - 0.7:.3f}",
               kind="fast" if speed > 1 else "slow", made_by="ab"[i % 2])
        for i, speed in enumerate(np.linspace(0.3, 2.0, 12))
    ]
    write(tmp_path / "d", clips)
    out, table = tmp_path / "r.json", tmp_path / "r.csv"
    assert main(["eval", "affect", "--data", str(tmp_path / "d"), "--by", "made_by", "--order",
                 "kind=slow,fast", "--json", str(out), "--csv", str(table)]) == 0
    results = {r["name"]: r for r in json.loads(out.read_text())["results"]}
    assert results["affect.arousal.spearman"]["value"] > 0.8
    assert results["affect.arousal.spearman"]["peer"] == "mean speed"
    assert results["affect.arousal.pearson.a"]["unit"] == "r, 6 clips"
    assert results["affect.order.kind.share"]["value"] > 0.9
    assert "affect.valence.pearson" not in results
    with open(table, newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 12 and rows[0]["kind"] == "slow"


@pytest.mark.parametrize(("arguments", "says"), [
    ((), "fewer than four"),
    (("--order", "kind"), "wanted a label and at least two"),
    (("--order", "kind=a,a"), "wanted a label and at least two"),
    (("--order", "kind=a,b"), "No two clips can be compared"),
])
def test_what_cannot_be_judged(tmp_path, capsys, arguments, says):
    write(tmp_path / "d", [waving("a", 1.0, kind="a")])
    assert main(["eval", "affect", "--data", str(tmp_path / "d"), *arguments]) == 1
    assert says in capsys.readouterr().err


def test_other_keypoints_and_ratings_that_are_words(tmp_path):
    clip = Clip("a", "s", "a", 30.0, np.zeros((5, 2, 3), np.float32))
    with pytest.raises(KinesicsError, match="read from COCO-17"):
        affect.require_coco(write(tmp_path / "d", [clip], keypoints=("a", "b")))
    with pytest.raises(KinesicsError, match="wanted a number"):
        affect.evaluate_affect([reading(0, 0, arousal="high")])
