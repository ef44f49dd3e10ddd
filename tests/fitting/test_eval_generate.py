"""``kinesics eval generate``: distances of known meshes, the table's rows, the command's files."""

from __future__ import annotations

import json

import numpy as np
import pytest

from kinesics_core.body import model as body_model
from kinesics_core.body import skinning
from kinesics_core.cli import main
from kinesics_core.fitting.evaluation import generated
from kinesics_core.fitting.evaluation.generated import Original
from kinesics_core.pose_priors import vae
from kinesics_core.rotations import exponential, logarithm


def _originals() -> list[Original]:
    rng = np.random.default_rng(0)
    return [Original(f"{emotion} {gender}", emotion, gender, np.zeros(10, np.float32),
                     rng.uniform(-0.3, 0.3, (21, 3)))
            for emotion, gender in (("anger", "male"), ("fear", "female"), ("", "neutral"))]


def test_distance_without_noise_is_that_of_the_decoded_pose() -> None:
    originals = _originals()
    found = generated.distances(originals, [0.0, 0.3, 0.6, 1.2], 16, 0)
    assert found.shape == (4, 3, 16)
    first = originals[0]
    decoded = logarithm(vae.load().project(exponential(first.body_pose[None])))
    body = body_model.load(gender="male")
    skins = [skinning.vertices(body, body_pose=pose.reshape(1, 21, 3).astype(np.float32))[0]
             for pose in (first.body_pose, decoded)]
    wanted = 1000.0 * np.linalg.norm(skins[0] - skins[1], axis=-1).mean()
    np.testing.assert_allclose(found[0, 0], wanted, rtol=1e-3)
    assert (np.diff(found.mean(axis=(1, 2))) > 0.0).all()
    assert (np.diff(generated.similarity(found).mean(axis=(1, 2))) < 0.0).all()


def test_table_has_the_papers_rows() -> None:
    v2v = np.array([[10.0, 30.0], [50.0, 70.0], [0.0, 20.0]])
    rows = generated.table(_originals(), v2v)
    assert rows["anger samples"] == (2, 20.0)
    assert rows["fear samples"] == rows["female models"] == (2, 60.0)
    assert rows["overall"] == (6, 30.0)
    assert "sadness samples" not in rows


@pytest.mark.slow
def test_the_command_draws_and_writes(tmp_path, capsys) -> None:
    pytest.importorskip("matplotlib")
    out = tmp_path / "out"
    assert main(["eval", "generate", "--out", str(out), "--samples", "1", "--json",
                 str(tmp_path / "figures.json")]) == 0
    for name in ("process.png", "noise.png", "table.json"):
        assert (out / name).stat().st_size > 1000
    results = {entry["name"]: entry for entry in
               json.loads((tmp_path / "figures.json").read_text())["results"]}
    assert results["generate.v2v.overall"]["peer_value"] == 52.6
    assert results["generate.v2v_at.0.00"]["value"] < results["generate.v2v_at.2.00"]["value"]
    assert "sadness samples" in capsys.readouterr().out


@pytest.mark.parametrize(("options", "sentence"), [
    (["--fits", "nowhere"], "nowhere"), (["--noise-scale", "9"], "noise_scale 9")])
def test_the_command_refuses(options, sentence, tmp_path, capsys) -> None:
    pytest.importorskip("matplotlib")
    assert main(["eval", "generate", "--out", str(tmp_path / "out"), *options]) != 0
    assert sentence in capsys.readouterr().err
