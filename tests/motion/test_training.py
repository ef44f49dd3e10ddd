import csv
import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from walker import clips, waving

torch = pytest.importorskip("torch")

from kinesics_core import files
from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.motion import uncertainty
from kinesics_core.motion.networks.prediction import Prediction
from kinesics_core.motion.training import checkpoints, feeds, labels, losses
from kinesics_core.motion.training import fit as training
from kinesics_core.motion.training.config import (
    CHOICES,
    RATIOS,
    TrainingConfig,
    recipe,
    unlike_the_paper,
)
from kinesics_core.motion.training.feeds import Draws, Examples, PlaneFeed
from kinesics_core.motion.training.fit import TrainingData
from kinesics_core.motion.training.judge import judge
from kinesics_core.motion.training.predict import predict
from kinesics_core.motion.training.prepare import RunClips, RunOptions, prepare
from kinesics_core.motion.training.run import train
from kinesics_core.motion.training.windowing import WindowBatch, cut_windows, encode
from kinesics_core.skeletons import COCO17_FLIP
from kinesics_core.training.loop import NO_HOOKS, Hooks

QUICK = {"network": "mlp", "epochs": 3, "step": 30}


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def paced(count, seed):
    """Waving people, slow (period 2 s) or fast (0.7 s), labelled so."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(count):
        pace = ("slow", "fast")[i % 2]
        period = {"slow": 2.0, "fast": 0.7}[pace] * rng.uniform(0.95, 1.05)
        made.append(Clip(f"{seed}-{i}", "analytic", f"{seed}-{i}", 30.0,
                         waving(period, rng.uniform(0, 6.28), 4.0), {"pace": pace}))
    return made


def flat(count, keypoints=4, frames=120):
    """2-D clips of another keypoint set: points on circles of their own speed."""
    rng = np.random.default_rng(0)
    made = []
    for i in range(count):
        angle = rng.uniform(2, 6) * np.arange(frames) / 30 + rng.uniform(0, 6.28)
        turn = angle[:, None] + np.arange(keypoints) * 1.7
        radius = np.linspace(40, 100, keypoints)
        points = 300 + radius[:, None] * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
        made.append(Clip(f"f{i}", "flat", f"f{i}", 30.0, points.astype(np.float32),
                         {"way": ("a", "b")[i % 2]}, (640, 480)))
    return made


def batch_of(observed, future, weight=None, target=None):
    return WindowBatch(*(None if part is None else torch.as_tensor(part)
                         for part in (observed, future, weight, target)))


def fit(config, given, held, *, classes=(), keypoints=None, hooks=NO_HOOKS, **more):
    """Trains on clips or windows, or on pairs of them and their classes."""
    sides = [Examples(*side) if isinstance(side, tuple) else Examples(side)
             for side in (given, held)]
    named = {} if keypoints is None else {"keypoints": keypoints}
    return training.fit(TrainingData(*sides, classes, **named), config, hooks, **more)


# The recipe


def test_the_papers_recipe_is_the_default():
    config = TrainingConfig()
    assert (config.epochs, config.batch, config.weight_decay, config.lambda_classification) == (
        200, 32, 1e-4, 0.3)
    assert (config.loss, config.unit, config.decay, config.ema, config.gradient_limit) == (
        "mse", 1.0, "none", 0.0, 0.0)
    assert config.normalisation == "per_frame" and not config.residual and not config.mirror
    rates = {name: recipe("paper", network=name).learning_rate
             for name in ("mlp", "lstm", "cnn_lstm", "transformer")}
    assert rates == {"mlp": 0.002, "lstm": 0.001, "cnn_lstm": 0.001, "transformer": 0.0005}


def test_what_is_not_as_in_the_paper_is_said():
    said = unlike_the_paper(TrainingConfig())
    assert len(said) == 2 and "split by clip" in said[0] and "optimiser adamw" in said[1]
    said = unlike_the_paper(recipe("paper", optimiser="adam", epochs=30))
    assert len(said) == 2 and said[1] == "epochs 30 (the paper: 200)"
    said = unlike_the_paper(recipe("ours"))
    assert "lr 0.002 (the paper: each network's own)" in said
    assert not any("None" in words for words in said)


def test_the_papers_loss_is_mean_squared_error_plus_lambda_cross_entropy():
    rng = np.random.default_rng(0)
    future, truth = rng.normal(size=(2, 4, 30, 34)).astype(np.float32)
    logits = rng.normal(size=(4, 3)).astype(np.float32)
    target = np.array([2, -1, 0, 1])
    got = losses.total(Prediction(torch.tensor(future), torch.tensor(logits)),
                       batch_of(np.zeros((4, 60, 34), np.float32), truth, None, target),
                       TrainingConfig())
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    entropy = -np.mean([np.log(chances[i, target[i]]) for i in (0, 2, 3)])
    assert float(got) == pytest.approx(((future - truth) ** 2).mean() + 0.3 * entropy, rel=1e-5)


@pytest.mark.parametrize("loss", sorted({*CHOICES["loss"]} - {*RATIOS}))
def test_numbers_whose_truth_is_unknown_do_not_count(loss):
    rng = np.random.default_rng(0)
    observed = rng.normal(size=(3, 60, 34)).astype(np.float32)
    future, truth = rng.normal(size=(2, 3, 30, 34)).astype(np.float32)
    weight = np.ones((3, 30, 34), np.float32)
    weight[0, 10:], weight[2] = 0, 0
    nonsense = np.where(weight > 0, truth, 1e6).astype(np.float32)
    spread = np.full((3, 30), 0.5, np.float32)
    predicted = Prediction(torch.tensor(future), None, torch.tensor(spread))
    values = [float(losses.total(predicted, batch_of(observed, t, weight),
                                 TrainingConfig(loss=loss, loss_unit=0.1)))
              for t in (truth, nonsense)]
    assert values[0] == pytest.approx(values[1], rel=1e-5)
    nothing = np.zeros_like(weight)
    assert float(losses.generation(
        torch.tensor(future), batch_of(observed, truth, nothing), loss, 0.1)) == 0


def test_the_error_of_poses_does_not_see_where_people_go_or_how_near_they_come():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(2, 30, 17, 2)).astype(np.float32)
    moved = truth * np.linspace(1, 3, 30, dtype=np.float32)[:, None, None] + (5, -2)
    flat = moved.reshape(2, 30, 34).astype(np.float32)
    batch = batch_of(np.zeros((2, 60, 34), np.float32), truth.reshape(2, 30, 34))
    values = [float(losses.total(Prediction(torch.tensor(flat)), batch, TrainingConfig(
        loss="l1", pose_weight=weight))) for weight in (0.0, 1.0)]
    assert values[0] > 0.5 and values[1] == pytest.approx(values[0], abs=1e-5)
    bent = flat.copy()
    bent[:, :, 0] += 1.0
    wrong = [float(losses.total(Prediction(torch.tensor(bent)), batch, TrainingConfig(
        loss="l1", pose_weight=weight))) for weight in (0.0, 1.0)]
    assert wrong[1] > wrong[0] + 0.01
    weight = np.ones((2, 1, 34), np.float32)
    weight[:, :, 4] = 0                                    # a keypoint is not seen: no such error
    hidden = batch_of(batch.observed.numpy(), batch.future.numpy(), weight)
    assert not losses.in_own_scale(hidden).weight.any()


def test_the_tempered_error_lies_between_the_other_two():
    rng = np.random.default_rng(0)
    observed = rng.normal(size=(1, 60, 34)).astype(np.float32)
    future, truth = rng.normal(size=(2, 1, 30, 34)).astype(np.float32)
    plain, tempered, relative = (
        float(losses.generation(torch.tensor(future), batch_of(observed, truth), loss, 1.0))
        for loss in ("l1", "tempered", "relative"))
    assert tempered == pytest.approx(np.sqrt(plain * relative), rel=1e-5)


@pytest.mark.parametrize("loss", RATIOS)
def test_the_ratio_is_a_share_of_standing_still_in_each_source(loss):
    rng = np.random.default_rng(0)
    observed = rng.normal(size=(4, 60, 34)).astype(np.float32)
    truth = rng.normal(size=(4, 30, 34)).astype(np.float32)
    weight = np.ones((4, 1, 34), np.float32)
    weight[3, :, :20] = 0
    batch = batch_of(observed, truth, weight)
    still = losses.standing_still(batch)
    batch.still = torch.as_tensor(np.repeat(still[None], 4, axis=0))
    newest = torch.as_tensor(observed[:, -1:].repeat(30, axis=1))
    config = recipe("carry_over", network="ours", loss=loss)
    # Standing still is 1 of the first measure, and of the second where windows are known whole;
    # nobody here is quieter than the others but by chance.
    whole = pytest.approx(1 + 0.75, rel=0.01)
    assert float(losses.total(Prediction(newest), batch, config)) == whole
    nonsense = truth.copy()
    nonsense[3, :, :20] = 1e6
    again = batch_of(observed, nonsense, weight)
    again.still = batch.still
    assert float(losses.total(Prediction(newest), again, config)) == whole
    batch.still = batch.still * 2               # where people move twice as much
    assert 2 * float(losses.total(Prediction(newest), batch, config)) == whole


def test_the_ratio_counts_every_frame_alike_and_quiet_windows_more():
    observed = np.zeros((2, 60, 34), np.float32)
    truth = np.repeat(np.linspace(0.02, 0.6, 30, dtype=np.float32)[:, None], 34, axis=1)
    truth = np.stack([truth, 0.01 * truth])
    batch = batch_of(observed, truth)
    batch.still = torch.as_tensor(np.repeat(losses.standing_still(batch)[None], 2, axis=0))
    config = recipe("carry_over", network="ours", pose_weight=0.0)
    assert config.loss == "ratio_each"

    def loss(future):
        return float(losses.total(Prediction(torch.as_tensor(future)), batch, config))

    held = np.zeros_like(truth)
    wrong = {}
    for frame in (0, 29):
        wrong[frame] = held.copy()
        wrong[frame][0, frame] -= truth[0, frame]           # twice as far off as standing still
    first, last = (loss(wrong[frame]) - loss(held) for frame in (0, 29))
    assert first == pytest.approx(last, rel=1e-4) and first > 0
    lively, quiet = held.copy(), held.copy()
    lively[0] += 0.001
    quiet[1] -= 0.001
    assert loss(quiet) - loss(held) > 1.5 * (loss(held) - loss(lively)) > 0


def test_windows_through_cameras_say_how_far_off_standing_still_is_in_their_source():
    from dataclasses import replace as with_
    waves = clips(4, seed=0)
    statues = [with_(clip, source="statues", keypoints=clip.keypoints[:1].repeat(90, axis=0))
               for clip in waves]
    config = recipe("carry_over", network="ours", level=1.0, quiet=0.0, pinned=0.0)
    feed = feeds.open_feed(config, Examples([*waves, *statues]), torch.device("cpu"))
    means = feed.still[0].mean(axis=2)
    assert (means[:4] > 0.01).all() and (means[4:] < 1e-4).all()
    batch = next(feed.epoch(np.random.default_rng(0)))
    moved = (batch.future - batch.observed[:, -1:]).abs().amax(dim=(1, 2))
    assert ((moved > 1e-3) == (batch.still[:, 0].mean(dim=1) > 0.01)).all()


def test_the_spread_is_learned_from_the_error_and_leaves_the_prediction_alone():
    rng = np.random.default_rng(0)
    sigma = np.linspace(0.01, 0.2, 30)
    truth = (rng.normal(size=(500, 30, 34)) * sigma[:, None]).astype(np.float32)
    future = torch.zeros(500, 30, 34, requires_grad=True)
    log = torch.full((30,), -2.0, requires_grad=True)
    optimiser = torch.optim.Adam([log], lr=0.1)
    batch = batch_of(np.zeros((1, 60, 34), np.float32), truth)
    for _ in range(100):
        optimiser.zero_grad()
        losses.spread(future, log.exp().expand(500, 30), batch).backward()
        optimiser.step()
    assert log.exp().detach().numpy() == pytest.approx(sigma, rel=0.03)
    assert future.grad is None or not future.grad.any()


def test_spread_is_recovered_from_residuals_of_known_size():
    rng = np.random.default_rng(0)
    speed = rng.uniform(0, 2, 2500)
    observed = np.zeros((2500, 60, 34))
    observed += speed[:, None, None] * (np.arange(60) / 30)[None, :, None]
    floor, gain = np.linspace(0.01, 0.05, 30), np.linspace(0.02, 0.2, 30)
    sigma = np.hypot(floor, gain * speed[:, None])
    residual = rng.normal(size=(2500, 30, 34)) * sigma[:, :, None]
    counts = np.ones((2500, 34))
    found = uncertainty.fit_spread(observed, residual, counts)
    assert uncertainty.spread(observed, counts, *found) == pytest.approx(sigma, rel=0.1)


# What an epoch is made of


def test_cut_windows_all_come_once_in_an_epoch():
    feed = feeds.CutFeed(
        WindowBatch(np.arange(10, dtype=np.float32)[:, None, None].repeat(60, 1),
                    np.zeros((10, 30, 1), np.float32), None, np.arange(10)),
        3, torch.device("cpu"))
    given = list(feed.epoch(np.random.default_rng(0)))
    assert len(given) == len(feed) == 3            # the tenth would be a batch of its own
    seen = torch.cat([part.observed[:, 0, 0] for part in given])
    assert len(set(seen.tolist())) == 9
    assert torch.equal(seen, torch.cat([part.target for part in given]).float())


@pytest.mark.parametrize("warp", [0.0, 0.3])
def test_drawn_windows_are_pieces_of_one_clip(warp):
    ramp = np.arange(100, dtype=np.float32)[:, None, None] * np.ones((1, 3, 2), np.float32)
    spread = np.array([[0, 0], [3, 0], [0, 3]], np.float32)
    given = [Clip(f"{i}", "s", f"{i}", 30.0, ramp + 1000 * i + spread) for i in range(3)]
    feed = PlaneFeed(given, np.array([0, 1, -1]), "last_frame", Draws(64, 640, warp),
                     torch.device("cpu"))
    assert len(feed) == 10
    batch = next(feed.epoch(np.random.default_rng(0)))
    # Normalised by the newest observed frame, a ramp has slope speed / extent everywhere.
    whole = torch.cat([batch.observed, batch.future], dim=1)[:, :, 0]
    slope = whole.diff(dim=1)
    extent = np.linalg.norm(spread - spread.mean(axis=0), axis=1).max()
    assert torch.allclose(slope, slope[:, :1].expand_as(slope), atol=1e-3)
    speed = slope[:, 0] * extent
    assert speed.min() > 0.99 / (1 + warp) and speed.max() < 1.01 * (1 + warp)
    assert (speed.std() > 0.05) == bool(warp)
    assert set(batch.target.tolist()) == {-1, 0, 1}


def test_windows_through_cameras_are_passed_over_several_times_an_epoch():
    given = clips(6, seed=0)
    config = recipe("carry_over", network="ours", windows=240, batch=20, reuse=3)
    feed = feeds.open_feed(config, Examples(given), torch.device("cpu"))
    batches = list(feed.epoch(np.random.default_rng(0)))
    assert len(batches) == len(feed) == 12
    first = torch.cat([batch.observed[:, 0, 0] for batch in batches]).tolist()
    assert len(set(first)) == 80 and all(first.count(value) == 3 for value in set(first))
    again = list(feed.epoch(np.random.default_rng(0)))
    assert all(torch.equal(a.future, b.future) for a, b in zip(batches, again, strict=True))


def test_mirroring_a_window_is_mirroring_the_person():
    body = waving(1.3, 0.2, 3.0)
    mirrored = body[:, COCO17_FLIP] * (-1, 1, 1)
    one, other = (encode(cut_windows([Clip("a", "s", "a", 30.0, b.astype(np.float32))]),
                         "per_frame") for b in (body, mirrored))
    assert np.abs(one.observed - other.observed).max() > 0.1
    batch = feeds.on_device(one, torch.device("cpu"))
    flip = torch.tensor(COCO17_FLIP)
    rng = np.random.default_rng(0)
    drawn = [feeds.mirror_half(batch, flip, rng).observed.numpy() for _ in range(20)]
    kinds = [np.abs(got - one.observed).max() < 1e-5 for got in drawn]
    for got, same in zip(drawn, kinds, strict=True):
        assert got == pytest.approx(one.observed if same else other.observed, abs=1e-5)
    assert 3 < sum(kinds) < 17


# Learning


@pytest.fixture(scope="module")
def learned():
    """Our network on slow and fast waving, both heads (a few seconds)."""
    torch.set_num_threads(1)
    given, held = paced(40, 0), paced(10, 1)
    classes = labels.classes_of(given, "pace")
    config = recipe("ours", network="ours", epochs=8, windows=1500, batch=50, ema=0.95)
    seen = []

    def look(epoch, network):
        truth = encode(cut_windows(held, feeds.VALIDATION_STEP), "per_frame")
        error = np.abs(predict(network, truth.observed).future - truth.future).mean()
        seen.append(float(error))
        return {"mae_of_mine": seen[-1]} if epoch % 2 == 0 else None

    result = fit(config, *((side, labels.targets(side, "pace", classes)) for side in (given, held)),
                 classes=classes, hooks=Hooks(on_epoch=look))
    return result, seen, held


def test_a_trained_network_forecasts_and_recognises_what_it_never_saw(learned):
    result, _, _ = learned
    fresh = paced(10, 2)
    truth = encode(cut_windows(fresh, 10), "per_frame")
    which = cut_windows(fresh, 10).clip
    got = predict(result.network, truth.observed)
    standing = np.abs(truth.future - truth.observed[:, -1:]).mean()
    assert np.abs(got.future - truth.future).mean() < 0.4 * standing
    target = labels.targets(fresh, "pace", result.identity.classes)[which]
    assert (got.probabilities.argmax(axis=1) == target).mean() > 0.95
    assert got.probabilities.sum(axis=1) == pytest.approx(np.ones(len(target)), abs=1e-5)
    ratio = got.spread.mean() / np.sqrt(((got.future - truth.future) ** 2).mean())
    assert 0.3 < ratio < 3.0


def test_the_best_epoch_is_kept_and_callbacks_go_into_the_curves(learned):
    result, seen, held = learned
    assert len(result.curves) == len(seen) == 8
    assert result.best_epoch == 1 + int(np.argmin([r["validation_mae"] for r in result.curves]))
    truth = encode(cut_windows(held, feeds.VALIDATION_STEP), "per_frame")
    error = np.abs(predict(result.network, truth.observed).future - truth.future).mean()
    assert error == pytest.approx(seen[result.best_epoch - 1], rel=1e-5)
    assert [row.get("mae_of_mine") for row in result.curves] == [
        value if number % 2 == 0 else None for number, value in enumerate(seen, 1)]
    assert result.curves[0]["validation_accuracy"] <= 1.0


def test_a_network_can_learn_to_recognise_alone_from_short_clips():
    given = [Clip(c.name, c.source, c.group, c.rate, c.keypoints[:80], c.labels)
             for c in paced(40, 0)]
    classes = ("fast", "slow")
    cut = cut_windows(given, 2, horizon=0)
    target = labels.targets(given, "pace", classes)[cut.clip]
    config = recipe(
        "ours", network="ours", epochs=6, windows=0, batch=32, ema=0.9, select="accuracy")
    result = fit(config, (cut.of_clips(range(30)), target[cut.clip < 30]),
                 (cut.of_clips(range(30, 40)), target[cut.clip >= 30]), classes=classes)
    assert max(row["validation_accuracy"] for row in result.curves) > 0.9
    assert "validation_mae" not in result.curves[0]


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    given = clips(6, seed=0)
    runs = [fit(TrainingConfig(**QUICK, seed=seed), given[:4], given[4:]) for seed in (0, 0, 1)]
    first, again, other = (run.network.state_dict() for run in runs)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_training_through_random_cameras_beats_standing_still(monkeypatch):
    monkeypatch.setattr(feeds, "VALIDATION_WINDOWS", 400)
    config = recipe(
        "ours", network="ours", epochs=3, windows=1500, batch=50, loss="relative", view="random",
        normalisation="last_frame", ema=0.9)
    given = clips(40, seed=0)
    row = fit(config, given[:30], given[30:]).curves[-1]
    assert row["validation_mae"] < 0.9 * row["zero_velocity_mae"]


# What cannot work


def test_a_network_that_cannot_be_cautious_is_refused():
    config = recipe("paper", network="mlp", epochs=1, cautious=True)
    with pytest.raises(KinesicsError, match="cautious"):
        fit(config, clips(4, seed=0), clips(2, seed=1))


@pytest.mark.parametrize(("changes", "words"), [
    ({"loss": "huber"}, "loss 'huber'"), ({"epochs": 0}, "epochs 0"),
    ({"network": "gru"}, "network 'gru'"), ({"lr": float("nan")}, "lr nan"),
    ({"ema": 1.0}, "ema 1.0"), ({"weight_decay": -1.0}, "weight_decay -1.0"),
])
def test_settings_that_cannot_work_are_refused(changes, words):
    with pytest.raises(KinesicsError, match=words):
        TrainingConfig(**changes)


def test_a_run_that_diverges_says_so():
    given = clips(6, seed=0)
    with pytest.raises(KinesicsError, match="training diverged. Use a smaller learning rate"):
        fit(TrainingConfig(**QUICK, lr=1e30), given[:4], given[4:])


def test_data_that_does_not_fit_is_refused():
    given = clips(4, seed=0)
    with pytest.raises(KinesicsError, match="17 keypoints a frame, but 4 are named"):
        fit(TrainingConfig(**QUICK), given[:3], given[3:], keypoints="abcd")
    with pytest.raises(KinesicsError, match="2 targets for 3 clips"):
        fit(TrainingConfig(**QUICK), (given[:3], np.zeros(2, int)), given[3:])
    with pytest.raises(KinesicsError, match="Random views need COCO-17 in three dimensions"):
        fit(TrainingConfig(**QUICK, view="random"), flat(3), flat(1), keypoints="abcd")
    if not torch.cuda.is_available():
        with pytest.raises(KinesicsError, match="no CUDA device"):
            fit(TrainingConfig(**QUICK), given[:3], given[3:], device="cuda")


# On disk


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of two epochs on labelled 2-D clips of four keypoints."""
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("finished")
    config = TrainingConfig(network="mlp", epochs=2, step=10)
    run = prepare(RunClips(flat(12), unseen=flat(3), keypoints="abcd"), config,
                  RunOptions(label="way", name="net"))
    finished = train(run, out)
    report = judge(finished.fit.network, run)
    report.save(out / "report.json")
    return out, report.test + report.unseen


def test_a_run_of_any_keypoint_set_leaves_curves_report_and_model(finished):
    out, scores = finished
    assert sorted(p.name for p in out.iterdir()) == [
        "checkpoint.pt", "config.json", "curves.csv", "curves.png", "net.onnx", "report.json"]
    rows = list(csv.DictReader((out / "curves.csv").open()))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert float(rows[-1]["zero_velocity_mae"]) > 0
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert len(json.loads((out / "report.json").read_text())) == len(scores)
    methods = {score.method for score in scores if "mae_10" in score.metrics}
    assert methods == {"zero velocity", "constant velocity", "ridge", "network"}
    assert any("macro_f1" in score.metrics for score in scores)
    kept = checkpoints.load(out / "checkpoint.pt")
    assert kept.identity.classes == ("a", "b") and kept.identity.keypoints == tuple("abcd")


def test_another_run_never_overwrites_one(finished):
    out, _ = finished
    before = (out / "checkpoint.pt").read_bytes()
    def again(clips=12, resume=True, name="net", **changes):
        config = TrainingConfig(**{"network": "mlp", "epochs": 2, "step": 10} | changes)
        options = RunOptions(label="way", name=name)
        train(prepare(RunClips(flat(clips), keypoints="abcd"), config, options), out,
              resume=resume)

    with pytest.raises(KinesicsError, match="holds a run already. Go on with it by --resume"):
        again(resume=False, name="forecast")
    with pytest.raises(KinesicsError, match="other settings: lr None, now 0.1"):
        again(lr=0.1)
    with pytest.raises(KinesicsError, match="data '12 clips"):
        again(13)
    assert (out / "checkpoint.pt").read_bytes() == before


@pytest.mark.parametrize(("network", "killed_at"), [("ours", 2), ("lstm", 7)])
def test_a_killed_run_resumes_to_the_same_weights(tmp_path, monkeypatch, network, killed_at):
    """Killed in the second epoch of pretraining, or of the training after it."""
    given, before = clips(8, seed=0), clips(6, seed=1)
    changes = {"network": network, "epochs": 3, "windows": 96, "batch": 48}
    config = recipe("ours", **changes) if network == "ours" else \
        TrainingConfig(**changes, residual=True)
    run = prepare(RunClips(given, pretrain=before), config, RunOptions(pretrain_epochs=2))
    train(run, tmp_path / "whole")

    steps = 0
    total = losses.total

    def killed(*args):
        nonlocal steps
        steps += torch.is_grad_enabled()
        if steps == killed_at + 1:
            raise KeyboardInterrupt
        return total(*args)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(losses, "total", killed)
        train(run, tmp_path / "cut")
    train(run, tmp_path / "cut", resume=True)
    whole, cut = (checkpoints.read(tmp_path / name / "checkpoint.pt")[2]
                  for name in ("whole", "cut"))
    for part in ("network", "average", "best_network"):
        assert all(torch.equal(whole[part][key], cut[part][key]) for key in whole[part])
    table = [[{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(
        (tmp_path / name / "curves.csv").open())] for name in ("whole", "cut")]
    assert table[0] == table[1]
    assert [row["stage"] for row in table[0]] == ["pretrain"] * 2 + ["train"] * 3


def test_pretraining_starts_the_training_where_it_ended(tmp_path):
    config = TrainingConfig(network="mlp", residual=True, epochs=1, step=5, lr=1e-9)
    train(prepare(RunClips(flat(8), pretrain=flat(30), keypoints="abcd"), config), tmp_path)
    rows = list(csv.DictReader((tmp_path / "curves.csv").open()))
    assert [row["stage"] for row in rows] == ["pretrain", "train"]
    assert checkpoints.read(tmp_path / "checkpoint.pt")[2]["stage"] == "train"
    start = checkpoints.load(tmp_path / "checkpoint.pt").network.state_dict()
    fresh = fit(config, flat(8), flat(2), keypoints="abcd", start=start)
    moved = [float((fresh.network.state_dict()[k] - v).abs().max()) for k, v in start.items()
             if k.endswith("weight") and v.ndim == 2]
    assert max(moved) < 1e-5                       # lr 1e-9: where it starts is where it ends


def test_an_anchored_training_needs_weights_and_leaves_counts_alone():
    config = TrainingConfig(network="mlp", epochs=1, batch=16, anchor=0.5)
    with pytest.raises(KinesicsError, match="--init"):
        fit(config, paced(4, 0), paced(2, 1))
    start = fit(replace(config, anchor=0.0), paced(4, 0), paced(2, 1)).network.state_dict()
    made = fit(config, paced(4, 0), paced(2, 1), start=start).network.state_dict()
    counts = [name for name, weight in made.items() if not weight.is_floating_point()]
    assert counts and all(made[name] > start[name] for name in counts)


def test_an_anchored_training_ends_between_where_it_began_and_where_it_would_end():
    config = TrainingConfig(network="ours", epochs=2, batch=16, anchor=0.0, seed=3)
    given, held = paced(4, 0), paced(2, 1)
    torch.manual_seed(5)
    start = {name: weight + 0.01 * torch.randn_like(weight)
             for name, weight in fit(config, given, held).network.state_dict().items()}
    free, anchored = (
        fit(replace(config, anchor=share), given, held, start=start).network.state_dict()
        for share in (0.0, 0.25))
    moved = 0.0
    for name, weight in free.items():
        wanted = 0.75 * weight + 0.25 * start[name]
        assert torch.allclose(anchored[name], wanted, atol=1e-6), name
        moved = max(moved, float((weight - start[name]).abs().max()))
    assert moved > 1e-3


@pytest.mark.parametrize(("config", "classes", "keypoints", "words"), [
    ({"network": "lstm"}, "ab", "abcd", "its network is mlp, this run's lstm"),
    ({"network": "mlp", "residual": True}, "ab", "abcd", "its output is absolute"),
    ({"network": "mlp"}, "ab", "abcde", "its keypoints is a, b, c, d, this run's a, b, c, d, e"),
    ({"network": "mlp"}, "abc", "abcd", "tells apart a, b, this run a, b, c.*--new-classifier"),
])
def test_a_checkpoint_of_something_else_is_not_started_from(
        finished, config, classes, keypoints, words):
    wanted = checkpoints.Identity(
        config["network"], config.get("residual", False), tuple(keypoints), tuple(classes))
    with pytest.raises(ModelError, match=words):
        checkpoints.start_from(finished[0] / "checkpoint.pt", wanted)


def test_a_new_classifier_keeps_the_rest_of_the_network(finished):
    path = finished[0] / "checkpoint.pt"
    wanted = checkpoints.Identity("mlp", False, tuple("abcd"), ("x", "y", "z"))
    weights = checkpoints.start_from(path, wanted, new_classifier=True)
    network = wanted.build()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    checkpoints.load_start(network, weights)
    old, new = checkpoints.load(path).network.state_dict(), network.state_dict()
    classifier = {key for key in new if key.startswith("classif")}
    assert classifier and all(torch.equal(new[key], before[key]) for key in classifier)
    assert all(torch.equal(new[key], old[key]) for key in new if key not in classifier)


class Trap:
    def __reduce__(self):
        return (Path.touch, (Path(__file__).parent / "trapped",))


def test_a_file_that_is_no_checkpoint_is_refused_and_runs_nothing(finished, tmp_path):
    good = (finished[0] / "checkpoint.pt").read_bytes()
    trap = pickle.dumps(Trap(), protocol=2)
    for content in (b"", b"half a file", good[: len(good) // 2], trap):
        (tmp_path / "x.pt").write_bytes(content)
        with pytest.raises(ModelError, match=r"not a checkpoint of `kinesics train`, or it is"):
            checkpoints.load(tmp_path / "x.pt")
    torch.save({"format": "other"}, tmp_path / "x.pt")
    with pytest.raises(ModelError, match="not a checkpoint"):
        checkpoints.load(tmp_path / "x.pt")
    with pytest.raises(ModelError, match="does not exist"):
        checkpoints.load(tmp_path / "absent.pt")
    assert not (Path(__file__).parent / "trapped").exists()


def test_a_full_disk_is_a_sentence_and_keeps_the_checkpoint_before(finished, tmp_path):
    path = tmp_path / "checkpoint.pt"
    path.write_bytes((finished[0] / "checkpoint.pt").read_bytes())
    before = path.read_bytes()
    files.part_of(path).symlink_to("/dev/full")      # the kernel's own disk without room
    with pytest.raises(KinesicsError, match=r"disk is full.*kept; make room"):
        checkpoints.save(path, *checkpoints.read(path))
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["xyz", "cuda:99", "", "cpu:x", "meta?"])
def test_a_device_that_torch_does_not_know_is_refused(name):
    from kinesics_core.motion.training.predict import pick_device

    with pytest.raises(KinesicsError, match="--device cpu|wanted auto, cpu, cuda or cuda:0"):
        pick_device(name)
