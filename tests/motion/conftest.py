"""Lets the tests of this folder share ``walker``, and a small model that was really trained."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Folder of a tiny but real training run on analytic motion (about ten seconds of one core)."""
    torch = pytest.importorskip("torch")
    from walker import clips

    from kinesics_core.motion import training
    from kinesics_core.motion.training import TrainingConfig, train

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("trained")
    config = TrainingConfig(epochs=4, windows=2500, batch=64, lr=3e-3, decay="cosine",
                            loss="relative", licence="test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "RIDGE_WINDOWS", 1000)
        patch.setattr(training, "VALIDATION_WINDOWS", 400)
        patch.setattr(training, "TEST_WINDOWS", 300)
        scores = train(clips(40, seed=0), clips(10, seed=1, source="unseen"), out, config)
    torch.set_num_threads(threads)
    return out, scores
