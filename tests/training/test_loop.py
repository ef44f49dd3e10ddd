"""The loop on a line through points of a known law."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.training import checkpoint, run
from kinesics_core.training.loop import Hooks, LoopConfig, train_epochs
from kinesics_core.training.run import RunFolder, Schedule

SLOPE = 3.0


class Line:
    """y = 3 x, with fresh points for every step; the score is the slope's error."""

    steps = 20

    def losses(self, network, epoch):
        rng = np.random.default_rng((7, epoch))
        for _ in range(self.steps):
            x = torch.from_numpy(rng.normal(size=(16, 1)).astype(np.float32))
            yield (network(x) - SLOPE * x).square().mean()

    def judge(self, network):
        assert not network.training and not torch.is_grad_enabled()
        return {"error": abs(float(network.weight) - SLOPE)}

    def score(self, row):
        return row["error"]


def start():
    torch.manual_seed(0)
    network = torch.nn.Linear(1, 1, bias=False)
    return network, torch.optim.SGD(network.parameters(), lr=0.0)


def config(**changes):
    return LoopConfig(**{"epochs": 4, "learning_rate": lambda done: 0.1 * (1 - done)} | changes)


def test_a_known_law_is_learned_and_every_step_and_epoch_is_told():
    told = []
    hooks = Hooks(on_step=lambda *where: told.append(where),
                  on_epoch=lambda epoch, network: {"twice": 2.0 * epoch})
    result = train_epochs(*start(), Line(), config(), hooks)
    assert float(result.weights["weight"]) == pytest.approx(SLOPE, abs=0.01)
    assert told[0] == (1, 1, 20) and told[-1] == (4, 20, 20) and len(told) == 80
    assert [row["twice"] for row in result.curves] == [2.0, 4.0, 6.0, 8.0]
    rates = [row["lr"] for row in result.curves]     # of the last step of each epoch
    assert rates == pytest.approx([0.1 * (1 - (20 * n - 1) / 80) for n in (1, 2, 3, 4)])


def test_the_best_epoch_is_kept_and_not_the_last():
    class Worse(Line):
        def score(self, row):
            return {1: 5.0, 2: 1.0, 3: 1.0, 4: 2.0}[row["epoch"]]

    seen = {}
    hooks = Hooks(on_epoch=lambda epoch, network: seen.update({epoch: float(network.weight)}))
    result = train_epochs(*start(), Worse(), config(), hooks)
    assert result.best_epoch == 2                    # the first of equals
    assert float(result.weights["weight"]) == seen[2]


@pytest.mark.parametrize("ema", [0.0, 0.9])
def test_a_run_that_goes_on_ends_as_if_it_had_never_stopped(ema):
    whole = train_epochs(*start(), Line(), config(ema=ema))
    states = []

    def stop(state):
        states.append({**state, **{
            part: {key: value.clone() for key, value in state[part].items()}
            for part in ("network", "average", "best_network")}})
        if len(states) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_epochs(*start(), Line(), config(ema=ema), Hooks(save=stop))
    torch.manual_seed(99)
    again = train_epochs(*start(), Line(), config(ema=ema), resume=states[-1])
    assert torch.equal(again.weights["weight"], whole.weights["weight"])
    assert again.best_epoch == whole.best_epoch
    assert [row["error"] for row in again.curves] == [row["error"] for row in whole.curves]


def test_a_loss_that_explodes_is_a_sentence():
    with pytest.raises(KinesicsError, match="epoch 1: training diverged.*than 1e.30, or a gradi"):
        train_epochs(*start(), Line(), config(learning_rate=lambda done: 1e30))
    with pytest.raises(KinesicsError, match="epoch 1: training diverged.*than nan.$"):
        train_epochs(*start(), Line(), config(
            learning_rate=lambda done: float("nan"), gradient_limit=1.0))


def train_folder(out, resume=False, steps=5, on_row=None):
    network, _ = start()

    def loss(network, rng):
        x = torch.from_numpy(rng.normal(size=(16, 1)).astype(np.float32))
        return (network(x) - SLOPE * x).square().mean()

    folder = RunFolder(out, Schedule(epochs=2, steps=steps, lr=0.1), resume, on_row)
    return run.train(
        network, loss, lambda network: {"validation": abs(float(network.weight) - SLOPE)}, folder,
        {"steps": steps})


def test_a_folder_keeps_settings_curves_and_checkpoint(tmp_path):
    pytest.importorskip("matplotlib")
    rows = []
    network = train_folder(tmp_path, on_row=lambda row, epochs: rows.append((row["epoch"], epochs)))
    assert rows == [(1, 2), (2, 2)] and not network.training
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint.pt", "config.json", "curves.csv", "curves.png"]
    assert json.loads((tmp_path / "config.json").read_text()) == {"steps": 5}
    state = checkpoint.read(tmp_path / "checkpoint.pt", run.FORMAT)
    assert torch.equal(state["best_network"]["weight"], network.weight)
    with pytest.raises(KinesicsError, match="holds a run already. Go on with it by --resume"):
        train_folder(tmp_path)
    with pytest.raises(KinesicsError, match="other settings: steps 5, now 6"):
        train_folder(tmp_path, resume=True, steps=6)
    again = train_folder(tmp_path, resume=True)      # nothing is left to do
    assert torch.equal(again.weight, network.weight)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "checkpoint.pt"
    with pytest.raises(ModelError, match="does not exist"):
        checkpoint.read(path, run.FORMAT)
    checkpoint.write(path, run.FORMAT, {"settings": "x"})
    assert checkpoint.read(path, run.FORMAT)["settings"] == "x"
    for form, needed in (("another", ()), (run.FORMAT, ("network",))):
        with pytest.raises(ModelError, match="not a checkpoint of `kinesics train`, or it is dama"):
            checkpoint.read(path, form, needed)
