"""The pose prior: its layers against torch's, its derivative, checkpoints of others, training."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.pose_priors import joint_limits, vae
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX_BODY

torch = pytest.importorskip("torch")

from kinesics_core.pose_priors.vae_network import PosePriorNetwork, parameters_of

RNG = np.random.default_rng(3)


@pytest.fixture(scope="module")
def network():
    """With normalisations that are not the identity, as after training."""
    torch.manual_seed(1)
    network = PosePriorNetwork()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm1d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.01, 2.0)
            torch.nn.init.normal_(module.weight, 1.0, 0.2)
            torch.nn.init.normal_(module.bias, 0.0, 0.2)
    return network.eval()


@pytest.fixture(scope="module")
def exact(network):
    """The same in numpy, nothing rounded."""
    return vae.from_parameters(
        {name: value.numpy() for name, value in network.state_dict().items()})


def poses(count=6):
    return RNG.normal(0.0, 0.4, (count, 21, 3)).astype(np.float32)


def test_numpy_and_torch_are_the_same_network(network, exact):
    body_pose = poses(32)
    with torch.no_grad():
        mean, deviation = network.encode(torch.from_numpy(body_pose.reshape(32, 63)))
        rotations = network.decode(mean)
    own_mean, own_deviation = exact.encode(body_pose)
    np.testing.assert_allclose(own_mean, mean, atol=1e-4)
    np.testing.assert_allclose(own_deviation, deviation, atol=1e-4)
    np.testing.assert_allclose(exact.decode(mean.numpy()), rotations, atol=1e-4)


def test_rotations_are_rotations(exact):
    rotations = exact.decode(RNG.normal(size=(8, 32)))
    identity = rotations @ np.swapaxes(rotations, -1, -2)
    np.testing.assert_allclose(identity, np.broadcast_to(np.eye(3), identity.shape), atol=1e-5)
    np.testing.assert_allclose(np.linalg.det(rotations), 1.0, atol=1e-5)


def test_jacobian_is_the_change_of_the_rotations(exact):
    """Against differences of the decoder, in double precision."""
    double = vae.PosePrior(
        exact.encoder, tuple((w.astype(float), b.astype(float)) for w, b in exact.decoder), 0.01)
    # On a grid, so that steps too small to cross a corner of the rectifiers are exact.
    z = (np.round(1024 * RNG.normal(size=(3, 32))) / 1024).astype(np.float32)
    rotations, jacobian = exact.jacobian(z)
    middle = double.decode(z)
    np.testing.assert_allclose(rotations, exact.decode(z), atol=1e-6)
    for axis in (0, 7, 31):
        step = np.zeros(32, np.float32)
        step[axis] = 2.0**-13
        before, after = double.decode(z - step), double.decode(z + step)
        turned = logarithm(np.swapaxes(middle, -1, -2) @ after) - logarithm(
            np.swapaxes(middle, -1, -2) @ before)
        wanted = turned.reshape(3, 63) / 2.0**-12
        np.testing.assert_allclose(jacobian[..., axis], wanted, atol=3e-3)


def test_half_precision_of_the_file_moves_joints_little(network, exact, tmp_path):
    np.savez_compressed(tmp_path / "prior.npz", **parameters_of(network))
    z = RNG.normal(size=(64, 32))
    between = np.swapaxes(exact.decode(z), -1, -2) @ vae.load(
        tmp_path / "prior.npz").decode(z)
    assert np.degrees(np.linalg.norm(logarithm(between), axis=-1)).mean() < 0.1


@pytest.mark.parametrize("version", [1, 2])
def test_a_folder_of_vposer_loads(network, exact, tmp_path, version):
    """Lightning's checkpoints name classes of their own: nothing of them is made."""
    (tmp_path / "snapshots").mkdir()
    if version == 2:
        weights = {f"vp_model.{k}": v for k, v in network.state_dict().items()}
        weights["bm_train.f"] = torch.zeros(3)
        torch.save({"state_dict": weights, "hyper_parameters": _Settings(tmp_path / "ran"),
                    "epoch": 3}, tmp_path / "snapshots" / "V02_05_epoch=08.ckpt")
        loaded = vae.load(tmp_path)
        body_pose = poses()
        np.testing.assert_allclose(loaded.encode(body_pose), exact.encode(body_pose), atol=1e-5)
    else:
        torch.save(_version_1(), tmp_path / "snapshots" / "TR00_E096.pt")
        loaded = vae.load(tmp_path)
        assert loaded.slope == 0.2 and loaded.latent == 32
    assert not (tmp_path / "ran").exists()
    assert loaded.decode(np.zeros((1, 32))).shape == (1, 21, 3, 3)


class _Settings:
    """An object whose pickle would write a file if it were trusted."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_the_file_above_would_write_if_it_were_trusted(tmp_path):
    pickle.loads(pickle.dumps(_Settings(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


def _version_1() -> dict[str, "torch.Tensor"]:
    torch.manual_seed(5)
    shapes = {
        "enc_bn1": (63,), "enc_fc1": (512, 63), "enc_bn2": (512,), "enc_fc2": (512, 512),
        "enc_mu": (32, 512), "enc_logvar": (32, 512), "dec_fc1": (512, 32),
        "dec_fc2": (512, 512), "dec_out": (126, 512)}
    state = {}
    for name, shape in shapes.items():
        state[f"bodyprior_{name}.weight"] = 0.1 * torch.randn(shape)
        state[f"bodyprior_{name}.bias"] = 0.1 * torch.randn(shape[0])
        if len(shape) == 1:
            state[f"bodyprior_{name}.running_mean"] = torch.randn(shape)
            state[f"bodyprior_{name}.running_var"] = torch.rand(shape) + 0.5
    return state


def test_parity_with_human_body_prior_version_1(tmp_path):
    """The package on PyPI (extra vposer): encoder and decoder on the same checkpoint."""
    pytest.importorskip("human_body_prior.train.vposer_smpl")
    from human_body_prior.train.vposer_smpl import VPoser

    theirs = VPoser(num_neurons=512, latentD=32, data_shape=[1, 21, 3])
    theirs.load_state_dict(_version_1(), strict=False)
    theirs.eval()
    (tmp_path / "snapshots").mkdir()
    torch.save(theirs.state_dict(), tmp_path / "snapshots" / "TR00_E096.pt")
    ours = vae.load(tmp_path)
    body_pose, z = poses(16), RNG.normal(size=(16, 32)).astype(np.float32)
    with torch.no_grad():
        code = theirs.encode(torch.from_numpy(body_pose)[:, None])
        rotations = theirs.decode(torch.from_numpy(z)).view(16, 21, 3, 3)
    mean, deviation = ours.encode(body_pose)
    np.testing.assert_allclose(mean, code.mean, atol=1e-4)
    np.testing.assert_allclose(deviation, code.scale, atol=1e-4)
    np.testing.assert_allclose(ours.decode(z), rotations, atol=1e-4)


def test_parity_with_human_body_prior_version_2(tmp_path, network):
    """The package of its authors' repository, which PyPI does not have."""
    pytest.importorskip("human_body_prior.models.vposer_model")
    from types import SimpleNamespace

    from human_body_prior.models.vposer_model import VPoser

    theirs = VPoser(SimpleNamespace(
        model_params=SimpleNamespace(num_neurons=512, latentD=32)))
    theirs.load_state_dict(network.state_dict())
    theirs.eval()
    (tmp_path / "snapshots").mkdir()
    torch.save({"state_dict": {f"vp_model.{k}": v for k, v in theirs.state_dict().items()}},
               tmp_path / "snapshots" / "V02_05.ckpt")
    (tmp_path / "V02_05.yaml").write_text("model_params: {latentD: 32, num_neurons: 512}\n")
    ours = vae.load(tmp_path)
    body_pose, z = poses(16), RNG.normal(size=(16, 32)).astype(np.float32)
    with torch.no_grad():
        code = theirs.encode(torch.from_numpy(body_pose).reshape(16, 63))
        decoded = theirs.decode(torch.from_numpy(z))
    mean, deviation = ours.encode(body_pose)
    np.testing.assert_allclose(mean, code.mean, atol=1e-4)
    np.testing.assert_allclose(deviation, code.scale, atol=1e-4)
    found = ours.decode(z)
    np.testing.assert_allclose(found, decoded["pose_body_matrot"].view(16, 21, 3, 3), atol=1e-4)
    np.testing.assert_allclose(found, exponential(decoded["pose_body"].numpy()), atol=1e-3)


@pytest.mark.parametrize("what", ["empty", "text", "other", "folder", "damaged"])
def test_what_is_no_prior_is_said(tmp_path, what):
    path = tmp_path / "prior.npz"
    if what == "text":
        path.write_text("no archive")
    elif what == "other":
        np.savez(path, weights=np.zeros((3, 3)))
    elif what == "folder":
        path.mkdir()
    elif what == "damaged":
        (path / "snapshots").mkdir(parents=True)
        (path / "snapshots" / "a.ckpt").write_bytes(b"PK\x03\x04 cut off")
    else:
        path.write_bytes(b"")
    with pytest.raises(ModelError, match="prior.npz"):
        vae.load(path)


@pytest.mark.parametrize("shape", [(512, 31), (0, 32), (512,), (511, 32)])
def test_a_prior_whose_layers_do_not_fit_is_refused(network, tmp_path, shape):
    parameters = parameters_of(network) | {"decoder_net.0.weight": np.zeros(shape, np.float32)}
    np.savez(tmp_path / "prior.npz", **parameters)
    with pytest.raises(ModelError, match="does not have the layers of VPoser"):
        vae.load(tmp_path / "prior.npz")


def test_the_shipped_prior_knows_poses():
    """Standing and sitting come back as they were; a random tangle does not, and costs more."""
    prior = vae.load()
    standing = np.zeros((1, 21, 3))
    standing[0, SMPLX_BODY.index("left_shoulder") - 1] = 0.0, 0.0, -1.2
    standing[0, SMPLX_BODY.index("right_shoulder") - 1] = 0.0, 0.0, 1.2
    sitting = standing.copy()
    for side in ("left", "right"):
        sitting[0, SMPLX_BODY.index(f"{side}_hip") - 1] = -1.4, 0.0, 0.0
        sitting[0, SMPLX_BODY.index(f"{side}_knee") - 1] = 1.5, 0.0, 0.0
    tangle = RNG.normal(0.0, 0.9, (1, 21, 3))

    def off(pose: np.ndarray) -> float:
        between = np.swapaxes(exponential(pose), -1, -2) @ prior.project(exponential(pose))
        return float(np.degrees(np.linalg.norm(logarithm(between), axis=-1)).mean())

    assert off(standing) < 6.0
    assert off(sitting) < 10.0
    assert off(tangle) > 2.0 * off(sitting)


def test_codes_drawn_from_a_normal_are_poses_whose_joints_bend_the_right_way():
    prior = vae.load()
    codes = np.random.default_rng(0).standard_normal((200, prior.latent))
    directions, _ = joint_limits.half_spaces()
    along = logarithm(prior.decode(codes)).reshape(200, 63) @ directions.T
    for index, name in enumerate(SMPLX_BODY[1:]):
        if name.endswith(("elbow", "knee")):
            angle = along[:, 6 * index + (2 if name.endswith("elbow") else 0)]
            assert np.mean(angle > -0.15) > 0.97, name
            assert angle.max() > 0.8, name


def test_training_learns_resumes_and_reports(tmp_path):
    """Two epochs in one go, and one then one more: the same weights."""
    pytest.importorskip("sklearn")
    pytest.importorskip("matplotlib")
    from kinesics_core.pose_priors import prior_training
    from kinesics_core.pose_priors.training_data import divide
    from kinesics_core.training.run import RunFolder, Schedule

    data = divide(moving_clips(), 0)
    config = prior_training.PriorConfig(batch=32, components=2, mixture_poses=300)

    def train(name, steps=3, resume=False, on_row=None):
        schedule = Schedule(epochs=2, steps=steps)
        return prior_training.train(
            data, RunFolder(tmp_path / name, schedule, resume, on_row), config)

    report = train("one")
    assert {"known, prior", "known, pca", "known, mean pose", "all, prior"} <= set(report)
    assert json.loads((tmp_path / "one" / "report.json").read_text()) == report

    class StopError(Exception):
        pass

    def stop(row, epochs):
        assert (row["epoch"], epochs) == (1, 2)
        raise StopError

    with pytest.raises(StopError):
        train("two", on_row=stop)
    with pytest.raises(KinesicsError, match="--resume"):
        train("two")
    with pytest.raises(KinesicsError, match="other settings: steps 3, now 4"):
        train("two", steps=4, resume=True)
    train("two", resume=True)
    one, two = (vae.load(tmp_path / name / "pose_prior.npz") for name in ("one", "two"))
    np.testing.assert_array_equal(one.decoder[0][0], two.decoder[0][0])


def moving_clips(count=10, frames=40):
    from kinesics_core.dataset.pose_clips import PoseClip

    rng = np.random.default_rng(1)
    times = np.linspace(0, 4, frames)[:, None, None]
    return [PoseClip(f"clip{i}", "known", f"known/{i}", (
        0.5 * rng.normal(size=(22, 3)) * np.sin(times + rng.normal(size=(22, 3)))
    ).astype(np.float32)) for i in range(count)]
