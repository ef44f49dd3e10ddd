"""``kinesics train prior`` and ``train lifter`` as a user gives them."""

import numpy as np
import pytest

from kinesics_core import cli

pytest.importorskip("torch")


@pytest.fixture
def archive(tmp_path):
    """Ten recordings of known motion."""
    rng = np.random.default_rng(0)
    times = np.linspace(0.0, 3.0, 30)[:, None, None]
    path = tmp_path / "motion" / "clips.npz"
    path.parent.mkdir()
    np.savez(path, **{name: (0.4 * rng.normal(size=(22, 3)) * np.sin(times + i))
                      for i, name in enumerate("abcdefghij")})
    return path


@pytest.mark.parametrize("what", ["prior", "lifter"])
def test_what_is_missing_is_said(what, tmp_path, archive, capsys):
    nothing = str(tmp_path / "nothing")
    out = str(tmp_path / "out")
    assert cli.main(["train", what, "--data", nothing, "--out", out]) != 0
    assert "nothing does not exist" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        cli.main(["train", what, "--data", str(archive), "--out", out, "--epochs", "0"])
    assert end.value.code == 2
    assert "--epochs: got '0', wanted a whole number from 1" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "files"), [("prior", ("pose_prior.npz", "pose_gmm.npz")),
                        ("lifter", ("pose_lifter.npz",))])
def test_a_short_run_writes_its_files(what, files, tmp_path, archive):
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    status = cli.main(["train", what, "--data", str(archive.parent), "--out", str(out), "--epochs",
                       "1", "--steps", "2", "--batch", "16", "--licence", "CC0-1.0"])
    assert status == 0
    for name in (*files, "report.json", "curves.png", "curves.csv", "config.json"):
        assert (out / name).stat().st_size > 0
    with np.load(out / files[0]) as written:
        assert str(written["licence"]) == "CC0-1.0"
        assert written["sources"].tolist() == ["motion"]


def test_training_goes_on_from_a_trained_prior(tmp_path):
    import torch

    from kinesics_core.assets import store
    from kinesics_core.errors import ModelError
    from kinesics_core.pose_priors import vae
    from kinesics_core.pose_priors.vae_network import PosePriorNetwork, initialise

    shipped = store.shipped(vae.FILE)
    network = PosePriorNetwork()
    initialise(network, shipped)
    pose = np.random.default_rng(0).uniform(-0.5, 0.5, (6, 63)).astype(np.float32)
    with torch.no_grad():
        _, _, found = network.eval()(torch.from_numpy(pose))
    np.testing.assert_allclose(
        found.numpy(), vae.load().decode(vae.load().encode(pose)[0]), atol=2e-3)
    other = {name: array for name, array in vae.parameters(shipped).items()
             if not name.startswith("decoder_net.5")}
    np.savez(tmp_path / "other.npz", **other)
    with pytest.raises(ModelError, match="decoder_net.5"):
        initialise(network, tmp_path / "other.npz")


@pytest.mark.slow
def test_the_command_goes_on_from_a_trained_prior(tmp_path, archive):
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    import json

    from kinesics_core.assets import store

    def validation(*options: str) -> float:
        out = tmp_path / f"out{len(options)}"
        assert cli.main(["train", "prior", "--data", str(archive.parent), "--out", str(out),
                         "--epochs", "1", "--steps", "2", "--batch", "16", *options]) == 0
        report = json.loads((out / "report.json").read_text())
        return report["all, prior"]["degrees"]

    init = str(store.shipped("pose_prior.npz"))
    assert validation("--init", init, "--lr", "1e-5") < 0.8 * validation()
