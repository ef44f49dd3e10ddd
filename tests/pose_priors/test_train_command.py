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
