"""Synthetic emotional motion: human bodies, the published signs, and the same again by seed."""

import contextlib
import os
import subprocess
import sys

import numpy as np
import pytest

from kinesics_core.cli import main
from kinesics_core.dataset.clips import Clip, Dataset, Info, Writer
from kinesics_core.errors import KinesicsError
from kinesics_core.kinematics import REST_OFFSETS
from kinesics_core.motion.windows import HORIZON, OBSERVED
from kinesics_core.skeletons import COCO17
from kinesics_core.synthesis.characters import random_character
from kinesics_core.synthesis.emotional_motion import (
    FRAMES,
    STEP,
    TIERS,
    make,
    plan_clips,
    windows_in,
)
from kinesics_core.synthesis.emotions import KNOWN, parse_emotions
from kinesics_core.synthesis.restyling import restyle, usable_recordings
from kinesics_core.synthesis.style import style_of

K = {name: index for index, name in enumerate(COCO17)}
BONES = [("left_hip", "left_knee"), ("left_knee", "left_ankle"), ("left_hip", "right_hip"),
         ("left_shoulder", "left_elbow"), ("left_elbow", "left_wrist"),
         ("right_hip", "right_knee"), ("right_knee", "right_ankle"),
         ("right_shoulder", "right_elbow"), ("right_elbow", "right_wrist"), ("nose", "left_ear")]


@pytest.fixture(scope="module")
def clips():
    """One hundred and thirty-two clips: three persons, all emotions."""
    return [make(plan) for plan in plan_clips(15 * 132, list(KNOWN.values()), seed=3)]


def bone(clip, one, other):
    return np.linalg.norm(clip.keypoints[:, K[one]] - clip.keypoints[:, K[other]], axis=-1)


def of(clips, emotion):
    return [clip for clip in clips if clip.labels["emotion"] == emotion]


def relative(clip, name):
    hips = clip.keypoints[:, [K["left_hip"], K["right_hip"]]].mean(axis=1)
    return clip.keypoints[:, K[name]] - hips


def wrist_speed(clip):
    steps = [np.diff(relative(clip, f"{side}_wrist"), axis=0) for side in ("left", "right")]
    return 30.0 * np.linalg.norm(steps, axis=-1).mean()


def angle(clip, first, middle, last):
    """At the middle joint, degrees; 0 is straight."""
    a = clip.keypoints[:, K[middle]] - clip.keypoints[:, K[first]]
    b = clip.keypoints[:, K[last]] - clip.keypoints[:, K[middle]]
    cosine = np.sum(a * b, -1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_bones_keep_their_lengths_and_are_those_of_adults(clips):
    usual = {("left_hip", "left_knee"): 0.416, ("left_elbow", "left_wrist"): 0.25}
    for clip in clips:
        for pair in BONES:
            assert np.ptp(bone(clip, *pair)) < 2e-4, (clip.name, pair)
        for pair, length in usual.items():
            assert 0.8 < bone(clip, *pair)[0] / length < 1.2
    assert len({round(float(bone(clip, *BONES[0])[0]), 4) for clip in clips}) == 3  # persons


def test_persons_stay_near_the_average_body():
    rng = np.random.default_rng(0)
    people = [random_character(rng, str(number)) for number in range(50)]
    lengths = np.array([np.linalg.norm(person.offsets, axis=1) for person in people])
    share = lengths / np.linalg.norm(REST_OFFSETS, axis=1)
    assert 0.80 < share.min() < 0.95 and 1.05 < share.max() < 1.20
    assert np.allclose(share[:, 4], share[:, 5])  # both thighs alike
    assert 0.75 < np.mean([person.main_hand == "right" for person in people]) < 1.0


def test_elbows_and_knees_bend_within_the_human_range_and_forward(clips):
    for clip in clips:
        for side in ("left", "right"):
            elbow = angle(clip, f"{side}_shoulder", f"{side}_elbow", f"{side}_wrist")
            assert elbow.min() > 3.0 and elbow.max() < 146.0
            knee = angle(clip, f"{side}_hip", f"{side}_knee", f"{side}_ankle")
            assert knee.max() < 155.0
        hips = clip.keypoints[:, K["left_hip"]] - clip.keypoints[:, K["right_hip"]]
        ahead = np.cross(hips, [0.0, 1.0, 0.0])
        for side in ("left", "right"):
            hip, knee, ankle = (clip.keypoints[:, K[f"{side}_{n}"]] for n in
                                ("hip", "knee", "ankle"))
            along = (ankle - hip) / np.linalg.norm(ankle - hip, axis=-1, keepdims=True)
            out = knee - hip - np.sum((knee - hip) * along, -1, keepdims=True) * along
            assert np.sum(out * ahead, axis=-1).min() > -1e-3, clip.name


def test_nothing_jumps(clips):
    for clip in clips:
        acceleration = np.linalg.norm(np.diff(clip.keypoints, 2, axis=0), axis=-1) * 900.0
        # Captured actors reach about 100 m/s2 (Bandai-Namco-2); a blow is meant to be harder.
        assert acceleration[:, K["left_wrist"]].max() < 220.0
        assert acceleration[:, K["nose"]].max() < 80.0


def test_a_foot_that_stands_does_not_slide(clips):
    for clip in clips:
        feet = clip.keypoints[:, [K["left_ankle"], K["right_ankle"]]]
        speed = 30.0 * np.linalg.norm(np.diff(feet[..., [0, 2]], axis=0), axis=-1).min(axis=1)
        flying = feet[1:, :, 1].min(axis=1) > feet[..., 1].min() + 0.03
        # A walker's hind ankle starts to roll over the toes just before the other foot lands.
        walks = clip.labels["content"] in ("walking", "running")
        assert np.mean(speed[~flying] < (0.35 if walks else 0.02)) > 0.97, clip.name
        assert 0.0 < feet[..., 1].min() < 0.12


def test_contents_and_labels(clips):
    contents = {clip.labels["content"] for clip in clips}
    assert contents == {"standing", "wandering", "walking", "running", "sitting"}
    counts = [len(of(clips, name)) for name in KNOWN]
    assert counts == [12] * 11
    for clip in clips:
        felt = np.array([float(clip.labels[n]) for n in ("valence", "arousal", "dominance")])
        expected = float(clip.labels["intensity"]) * np.array(KNOWN[clip.labels["emotion"]].vad)
        assert np.abs(felt - expected).max() < 0.3
        assert clip.rate == 30.0 and clip.keypoints.shape == (FRAMES, 17, 3)
    walked = [np.linalg.norm(clip.keypoints[-1, 11] - clip.keypoints[0, 11]) for clip in clips]
    standing = [d for d, c in zip(walked, clips, strict=True) if c.labels["content"] == "standing"]
    walking = [d for d, c in zip(walked, clips, strict=True) if c.labels["content"] == "walking"]
    assert np.median(standing) < 0.3 and np.median(walking) > 2.0


def test_movement_has_the_published_signs(clips):
    """Wallbott 1998; Montepare et al. 1999; Crane & Gross 2013, see the module."""
    vad = np.array([[float(clip.labels[n]) for n in ("valence", "arousal", "dominance")]
                    for clip in clips])
    speed = np.log([wrist_speed(clip) for clip in clips])
    drop = []
    for clip in clips:
        head = relative(clip, "nose") - 0.5 * (
            relative(clip, "left_shoulder") + relative(clip, "right_shoulder"))
        drop.append(np.mean(head[:, 1] / np.linalg.norm(head, axis=-1)))
    span = [np.linalg.norm(relative(c, "left_wrist") - relative(c, "right_wrist"), axis=-1).mean()
            for c in clips]
    assert np.corrcoef(speed, vad[:, 1])[0, 1] > 0.25  # arousal is fast
    assert np.corrcoef(drop, vad[:, 0])[0, 1] > 0.4  # heads rise with valence
    assert np.corrcoef(span, vad[:, 2])[0, 1] > 0.15  # dominance takes room

    def mean(values, emotion):
        return np.mean([v for v, c in zip(values, clips, strict=True)
                        if c.labels["emotion"] == emotion])

    assert mean(speed, "sadness") < mean(speed, "neutral") < mean(speed, "enthusiastic")
    assert mean(speed, "sadness") < mean(speed, "anger")
    assert mean(drop, "sadness") < mean(drop, "neutral") < mean(drop, "happiness")


def test_style_follows_from_vad_alone_in_the_published_direction():
    joy, anger, sadness, fear, neutral = (
        style_of(np.array(KNOWN[name].vad), np.zeros(6))
        for name in ("happiness", "anger", "sadness", "fear", "neutral"))
    assert sadness.tempo < neutral.tempo < min(anger.tempo, joy.tempo)
    assert sadness.extent < neutral.extent < anger.extent < joy.extent
    assert fear.extent < neutral.extent
    assert anger.sharpness > joy.sharpness > sadness.sharpness
    assert sadness.posture[19] > neutral.posture[19] > joy.posture[19]  # trunk forward
    assert fear.tremor > 0.0 == joy.tremor


def test_emotion_can_be_learned_but_not_from_one_number(clips):
    """Anger, sadness and joy told apart by ridge regression on simple statistics, clips left out
    in turn; speed alone does worse."""
    chosen = [c for c in clips if c.labels["emotion"] in ("anger", "sadness", "happiness")]
    truth = np.array([("anger", "sadness", "happiness").index(c.labels["emotion"])
                      for c in chosen])
    features = []
    for clip in chosen:
        body = np.stack([relative(clip, name) for name in COCO17], axis=1)
        features.append(np.concatenate([
            np.linalg.norm(body[..., [0, 2]], axis=-1).mean(axis=0), body[..., 1].mean(axis=0),
            body.std(axis=0).mean(axis=-1),
            np.linalg.norm(np.diff(body, axis=0), axis=-1).mean(axis=0)]))
    features = np.array(features)

    def accuracy(x):
        x = (x - x.mean(axis=0)) / x.std(axis=0)
        x = np.hstack([x, np.ones((len(x), 1))])
        hits = 0
        for left in range(len(x)):
            keep = np.arange(len(x)) != left
            weight = np.linalg.solve(x[keep].T @ x[keep] + 20 * np.eye(x.shape[1]),
                                     x[keep].T @ np.eye(3)[truth[keep]])
            hits += int(np.argmax(x[left] @ weight) == truth[left])
        return hits / len(x)

    speed = np.log([[wrist_speed(clip)] for clip in chosen])
    assert accuracy(features) > 0.55
    assert accuracy(speed) < accuracy(features) < 1.0


def test_smaller_tiers_are_the_beginning_of_larger_ones():
    few, many = (plan_clips(n, parse_emotions("anger,fear"), seed=7) for n in (45, 200))
    assert [p.name for p in few] == [p.name for p in many[:3]]
    for one, other in zip(few, many, strict=False):
        assert np.array_equal(make(one).keypoints, make(other).keypoints)
    another = make(plan_clips(45, parse_emotions("anger,fear"), seed=8)[0])
    assert not np.array_equal(make(few[0]).keypoints, another.keypoints)
    for windows in TIERS.values():
        assert windows % windows_in(FRAMES) == 0


def test_another_process_makes_the_same_clips():
    """The order of sets of texts differs between processes; it must decide nothing."""
    program = (
        "import hashlib\n"
        "from kinesics_core.synthesis.emotional_motion import make, plan_clips\n"
        "from kinesics_core.synthesis.emotions import parse_emotions\n"
        "clips = [make(p) for p in plan_clips(300, parse_emotions('laughing'), seed=1)]\n"
        "print(hashlib.sha256(b''.join(c.keypoints.tobytes() for c in clips)).hexdigest())\n"
    )
    made = {
        subprocess.run(
            [sys.executable, "-c", program], env=os.environ | {"PYTHONHASHSEED": order},
            check=True, capture_output=True, text=True,
        ).stdout
        for order in ("0", "1")
    }
    assert len(made) == 1


def test_windows_are_counted_as_they_are_cut():
    starts = range(0, FRAMES - OBSERVED - HORIZON + 1, STEP)
    assert windows_in(FRAMES) == len(starts) == 15
    assert (windows_in(89), windows_in(90), windows_in(104), windows_in(105)) == (0, 1, 1, 2)


def test_emotions_are_named_or_given_as_vad():
    assert [e.name for e in parse_emotions(None)] == list(KNOWN)
    anger, pride = parse_emotions("anger; pride=.4,.3,.7")
    assert anger == KNOWN["anger"] and pride.vad == (0.4, 0.3, 0.7)
    assert parse_emotions("happy to see you,fear")[0].name == "happy to see you"


@pytest.mark.parametrize("text, says", [
    ("joy", "use one of happiness"), ("", "use one of"), ("pride=1,2", "three numbers"),
    ("pride=2,0,0", "within"), ("pride=nan,0,0", "within"), ("fear,fear", "twice"),
    ("=0,0,0", "a name"),
])  # fmt: skip
def test_emotions_that_cannot_be_read_are_refused(text, says):
    with pytest.raises(KinesicsError, match=says):
        parse_emotions(text)


def test_no_windows_are_refused():
    with pytest.raises(KinesicsError, match="Got 0 windows"):
        plan_clips(0, parse_emotions("fear"), 0)


def test_restyling_keeps_bones_and_legs_and_spreads_the_arms(clips):
    clip = next(c for c in of(clips, "neutral") if c.labels["content"] == "standing")
    shy = style_of(np.array([-0.6, -0.2, -0.6]), np.zeros(6))
    proud = style_of(np.array([0.6, 0.4, 0.7]), np.zeros(6))
    source = clip.keypoints.copy()
    source[5:9, K["left_wrist"]] = np.nan
    small, large = restyle(source, shy), restyle(source, proud)
    for styled in (small, large):
        assert np.array_equal(styled[:, 11:], source[:, 11:].astype(float))
        for one, other in (("left_shoulder", "left_elbow"), ("right_elbow", "right_wrist")):
            was, now = (np.linalg.norm(k[:, K[one]] - k[:, K[other]], axis=-1)
                        for k in (source, styled))
            assert np.allclose(was, now, atol=1e-5)
        missing = np.isnan(styled).any(axis=-1)
        assert missing[:, K["left_wrist"]].sum() == 4 == missing.sum()

    def wandering(keypoints):
        arm = keypoints[:, K["right_wrist"]] - keypoints[:, K["right_shoulder"]]
        return arm.std(axis=0).sum()

    assert wandering(small) < wandering(large)
    assert small[:, K["nose"], 1].mean() < large[:, K["nose"], 1].mean()


def recordings(tmp_path, clips, name="theirs", **info):
    path = tmp_path / name
    with Writer(path, Info(name, licence="CC BY 4.0", **info)) as writer:
        for clip in clips:
            writer.add(clip)
    return path


def test_clips_that_cannot_be_restyled_are_left_out(tmp_path, clips):
    standing = [c for c in of(clips, "happiness") if c.labels["content"] == "standing"]
    mover = standing[0].keypoints
    lying = mover[..., [0, 2, 1]]
    frozen = np.repeat(mover[:1], 90, axis=0)
    path = recordings(tmp_path, [
        Clip("mover", "x", "x", 60.0, mover), Clip("lying", "x", "x", 30.0, lying),
        Clip("frozen", "x", "x", 30.0, frozen), Clip("short", "x", "x", 30.0, mover[:20]),
        Clip("unseen", "x", "x", 30.0, np.full((90, 17, 3), np.nan)),
    ])
    dataset = Dataset(path)
    assert [dataset[recording.number].name for recording in usable_recordings(dataset)] == ["mover"]
    useless = recordings(tmp_path, [Clip("lying", "x", "x", 30.0, lying)], "useless")
    with pytest.raises(KinesicsError, match="None of the 1 clips"):
        usable_recordings(Dataset(useless))
    flat = recordings(tmp_path, [Clip("flat", "x", "x", 30.0, mover[..., :2], size=(640, 480))],
                      "flat", dimensions=2)
    with pytest.raises(KinesicsError, match="2 dimensions; --clips wants COCO-17 in metres"):
        usable_recordings(Dataset(flat))


def test_the_command_mixes_in_recordings_and_names_their_licence(tmp_path, clips, capsys):
    wanderers = [c.keypoints for c in clips if c.labels["content"] == "wandering"]
    long, short = wanderers[:2]
    theirs = recordings(tmp_path, [Clip("long", "x", "anna", 30.0, long),
                                   Clip("short", "x", "bert", 60.0, short[:120])])
    out = tmp_path / "out"
    assert main(["data", "synth", "--out", str(out), "--windows", "300", "--clips", str(theirs),
                 "--emotions", "sadness;enthusiastic"]) == 0
    assert "2 of 2 clips" in capsys.readouterr().out
    made = Dataset(out)
    assert made.info.licence == "CC0; CC BY 4.0" and "theirs" in made.info.origin
    assert sum(windows_in(len(clip.keypoints)) for clip in made) >= 300
    restyled = [clip for clip in made if clip.labels["content"] == "restyled"]
    assert {clip.group for clip in restyled} == {"theirs/anna", "theirs/bert"}
    assert 0.2 < len(restyled) / len(made) < 0.8
    for clip in restyled:
        assert np.isfinite(clip.keypoints).all() and len(clip.keypoints) >= 90
        assert np.ptp(bone(clip, "left_hip", "left_knee")) < 0.02


def test_an_interrupted_command_goes_on_and_ends_the_same(tmp_path, monkeypatch):
    command = ["data", "synth", "--windows", "150", "--seed", "5", "--out"]
    assert main([*command, str(tmp_path / "whole")]) == 0
    from kinesics_core.synthesis import emotional_motion

    made = []

    def killed(plan):
        if len(made) == 4:
            raise KeyboardInterrupt
        made.append(plan.name)
        return make(plan)

    monkeypatch.setattr(emotional_motion, "make", killed)
    with contextlib.suppress(KeyboardInterrupt):
        main([*command, str(tmp_path / "parts" / "whole")])
    assert len(Dataset(tmp_path / "parts" / "whole", partial=True)) == 4
    monkeypatch.setattr(emotional_motion, "make", make)
    assert main([*command, str(tmp_path / "parts" / "whole")]) == 0
    for file in ("clips.jsonl", "keypoints.f32", "info.json"):
        one, other = (tmp_path / part / "whole" / file for part in (".", "parts"))
        assert one.read_bytes() == other.read_bytes()
    assert len(Dataset(tmp_path / "whole")) == 10
