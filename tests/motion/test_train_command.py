import numpy as np
import pytest

from kinesics_core.cli import main


def test_a_missing_folder_is_one_sentence_and_exit_code_1(tmp_path, capsys):
    pytest.importorskip("torch")
    code = main(["train", "forecast", "--motion", str(tmp_path / "absent"),
                 "--out", str(tmp_path / "out")])
    assert code == 1
    assert "does not exist" in capsys.readouterr().err


def test_too_little_motion_is_refused(tmp_path, capsys):
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    folder = tmp_path / "mesh2motion"
    folder.mkdir()
    np.savez(folder / "one.npz", only=np.full((100, 22, 3), 0.1, np.float32))
    code = main(["train", "forecast", "--motion", str(folder), "--out", str(tmp_path / "out")])
    torch.set_num_threads(threads)
    assert code == 1
    assert "at least three recordings" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
