"""The trained reader of bodies: its file, its answers, and what it does not know."""

from dataclasses import replace

import numpy as np
import pytest

from kinesics_core.affect import body_head
from kinesics_core.affect.body_channel import PERIOD, TrainedChannel
from kinesics_core.affect.body_cues import CUES, RATE, STEPS
from kinesics_core.affect.body_head import OUTPUTS, BodyHead, load
from kinesics_core.affect.emotions import ANGER, HAPPINESS, NEUTRAL
from kinesics_core.errors import ModelError
from kinesics_core.motion.windows import STANDING

ROW = np.zeros(1, int)
SECOND = 1_000_000_000


@pytest.fixture
def head():
    """Two contents alike: happiness grows with the head's height, nothing else."""
    count = len(CUES)
    weights, contents = np.zeros((count, OUTPUTS)), np.zeros((count, 2, 8))
    weights[CUES.index("head_up"), [HAPPINESS, 8]] = 2.0, 0.5
    contents[CUES.index("head_up"), :, HAPPINESS] = 1.0
    return BodyHead(
        np.zeros(count), np.ones(count), np.eye(count), np.array([1.0, 2.0]), weights,
        np.zeros(OUTPUTS), contents.reshape(count, 16), np.zeros(16), 0.5, 1.0, np.zeros(8),
        np.ones(3), np.full(3, 0.2))


def test_the_answer_is_the_formulas(head):
    cues = np.zeros((3, len(CUES)))
    cues[1, CUES.index("head_up")] = 1.0
    cues[2] = np.nan
    read = head.read(cues)
    np.testing.assert_allclose(read.emotions[0], 1 / 8)
    np.testing.assert_allclose(read.emotions[2], 1 / 8)
    assert read.emotions[1, HAPPINESS] == pytest.approx(np.exp(2) / (np.exp(2) + 7))
    assert read.vad[1] == pytest.approx([0.5, 0.0, 0.0])
    np.testing.assert_allclose(read.emotions.sum(1), 1.0)


def test_what_is_unlike_all_that_was_learned_is_not_known(head):
    far = np.full((1, len(CUES)), 3.0)
    read = head.read(far)
    assert read.familiarity[0] == 0.0
    np.testing.assert_allclose(read.emotions, 1 / 8)
    np.testing.assert_allclose(read.vad, 0.0)
    half = head.read(np.full((1, len(CUES)), 1.5))
    assert half.familiarity[0] == pytest.approx(0.5)


def test_a_still_body_says_little(head):
    fastest = [CUES.index(f"{part}_speed") for part in ("wrist", "elbow", "head", "knee", "ankle")]
    cues = np.zeros((3, len(CUES)))
    cues[:, CUES.index("head_up")] = 1.0
    cues[0, fastest], cues[1, fastest], cues[2, fastest] = np.log(0.05), np.log(0.05), np.nan
    cues[1, fastest[0]] = np.log(0.8)  # one hand moves
    still, waving, unknown = head.emotions(head.outputs(cues), cues)[:, HAPPINESS]
    assert still == pytest.approx(np.exp(0.6) / (np.exp(0.6) + 7))
    assert waving == unknown == pytest.approx(np.exp(2) / (np.exp(2) + 7))


def test_whether_somebody_is_moved_is_linear_and_by_what_is_by_contents_too(head):
    rng = np.random.default_rng(2)
    count = len(CUES)
    biases = np.full((2, 8), -1.0)
    biases[:, ANGER] = 3.0  # both contents say anger, whatever is seen
    changed = replace(head, weights=rng.normal(0.0, 0.3, (count, OUTPUTS)),
                      content_weights=np.zeros((count, 16)), content_biases=biases.ravel())
    plain = replace(changed, content_biases=np.zeros(16))
    cues = rng.normal(0.0, 0.5, (6, count))
    one, other = changed.read(cues).emotions, plain.read(cues).emotions
    np.testing.assert_allclose(one[:, NEUTRAL], other[:, NEUTRAL], atol=1e-9)
    assert (one[:, ANGER] > other[:, ANGER]).all()


def test_a_file_comes_back_as_it_was(head, tmp_path):
    head.save(tmp_path / "reader.npz")
    again = load(tmp_path / "reader.npz")
    cues = np.random.default_rng(0).normal(size=(5, len(CUES)))
    np.testing.assert_allclose(again.read(cues).emotions, head.read(cues).emotions, atol=1e-6)


@pytest.mark.parametrize(("name", "value"), [
    ("cues", np.array(["a", "b"])), ("format", np.array(9)), ("bias", np.zeros(7)),
    ("centre", np.full(len(CUES), np.nan)), ("weights", np.zeros((3, OUTPUTS))),
    ("biases", np.full(OUTPUTS, np.inf)), ("content_biases", np.zeros(0)),
    ("content_weights", np.zeros((len(CUES), 8))), ("sharpness", np.array(0.0))])
def test_a_file_that_is_none_is_refused(head, tmp_path, name, value):
    path = tmp_path / "reader.npz"
    head.save(path)
    arrays = dict(np.load(path))
    arrays[name] = value
    np.savez(path, **arrays)
    with pytest.raises(ModelError, match="kinesics train body-reader"):
        load(path)
    with pytest.raises(ModelError):
        load(tmp_path / "absent.npz")


def walker(place, rng, frames=STEPS, start=0):
    """A drawn person who strolls: hands and feet swing, the body bounces a little."""
    times = (start + np.arange(frames)) / RATE
    poses = np.repeat((STANDING * 180.0 + place)[None], frames, axis=0)
    step = np.sin(2 * np.pi * 0.9 * times)
    for joint, size in ((9, 14.0), (10, -14.0), (13, -8.0), (14, 8.0), (15, -14.0), (16, 14.0)):
        poses[:, joint, 0] += size * step
    poses[..., 1] += 3.0 * np.sin(2 * np.pi * 1.8 * times)[:, None]
    return poses + rng.normal(0.0, 0.7, poses.shape)


def test_the_shipped_reader_finds_strolling_and_waiting_people_neutral():
    rng = np.random.default_rng(0)
    for poses in (walker((320.0, 250.0), rng),
                  np.repeat((STANDING * 180.0 + 300.0)[None], STEPS, axis=0)
                  + rng.normal(0.0, 0.7, (STEPS, 17, 2))):
        read = TrainedChannel(load()).update(poses[None], 0, ROW)
        assert read.emotions.argmax() == NEUTRAL and read.emotions[0, ANGER] < 0.3
        assert abs(read.vad[0, 0]) < 0.2 and read.familiarity > 0.5


def test_numbers_of_no_body_are_not_known():
    rng = np.random.default_rng(1)
    reads = [TrainedChannel(load()).update(rng.uniform(0.0, 600.0, (1, STEPS, 17, 2)), 0, ROW)
             for _ in range(20)]
    assert np.mean([read.familiarity for read in reads]) < 0.2
    assert np.mean([read.emotions for read in reads], axis=0).max() < 0.3
    assert np.mean([read.spread for read in reads]) > 0.45


def test_readings_come_twice_a_second_and_begin_anew_after_a_jump(head):
    poses = np.repeat((STANDING * 180.0 + 300.0)[None], STEPS, axis=0)[None]
    channel = TrainedChannel(head)
    first = channel.update(poses, 0, ROW)
    assert first.there
    np.testing.assert_array_equal(
        channel.update(poses * np.nan, PERIOD - 1, ROW).emotions, first.emotions)
    assert not channel.update(poses * np.nan, PERIOD, ROW).there
    later = channel.update(poses, 10 * SECOND, ROW)
    np.testing.assert_allclose(later.emotions, first.emotions)
    assert not channel.update(poses * np.nan, 0, ROW).there, "a clock that jumps back"


def test_a_reading_follows_another_movement_within_two_seconds(head):
    rng = np.random.default_rng(2)
    still = np.repeat((STANDING * 180.0 + 300.0)[None], STEPS, axis=0)[None]
    moving = walker((320.0, 250.0), rng)[None]
    channel, fresh = TrainedChannel(head), TrainedChannel(head)
    before = channel.update(still, 0, ROW).emotions
    for step in range(1, 5):
        after = channel.update(moving, step * SECOND // 2, ROW).emotions
    wanted = fresh.update(moving, 0, ROW).emotions
    assert np.abs(wanted - before).max() > 0.01
    assert np.abs(after - wanted).max() < 0.2 * np.abs(wanted - before).max()


def test_how_a_head_is_usually_held_is_learned_in_a_minute():
    upright = np.repeat((STANDING * 180.0 + 300.0)[None], STEPS, axis=0)
    bowed = upright.copy()
    bowed[:, :5, 1] += 12.0
    reads = []
    for poses in (upright, bowed):
        channel = TrainedChannel(load())
        reads.append([channel.update(poses[None], step * SECOND, ROW) for step in range(80)])
    first, last = (np.abs(one.emotions - other.emotions).max() for one, other in (
        (reads[0][0], reads[1][0]), (reads[0][-1], reads[1][-1])))
    assert first > 0.02 and last < 0.3 * first


def test_the_shipped_file_is_of_this_format():
    assert load().weights.shape == (len(CUES), OUTPUTS)
    assert body_head.FORMAT == 3
