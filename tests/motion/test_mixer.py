import io
import warnings

import numpy as np
import pytest
from walker import waving

torch = pytest.importorskip("torch")

from kinesics_core.motion import windows
from kinesics_core.motion.networks.mixer import DCTMixer, cosines
from kinesics_core.motion.networks.shape import NetworkShape

SHAPES = [(34, 60, 30), (6, 60, 30), (34, 20, 45), (3, 2, 1), (4, 1, 3)]


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def shaken(classes=0):
    """A network in evaluation mode whose last layers are not the zeros they start as."""
    network = DCTMixer(NetworkShape(classes=classes, residual=True)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return network


def fit(network, observed, future, steps, lr=2e-3):
    """What a training does, without its schedule: L1 for the future, likelihood for the spread."""
    network.train()
    optimiser = torch.optim.Adam(network.parameters(), lr=lr)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = lr * (1.0 - step / steps)
        rows = torch.randint(len(observed), (128,))
        predicted = network(observed[rows])
        error = predicted.future - future[rows]
        squared = error.detach().square().mean(dim=-1)
        doubt = (predicted.spread.log() + squared / (2 * predicted.spread.square())).mean()
        optimiser.zero_grad()
        (10 * error.abs().mean() + 0.01 * doubt).backward()
        optimiser.step()
    return network.eval()


def test_cosines_are_the_orthonormal_transform():
    matrix = cosines(60)
    assert (matrix @ matrix.T).numpy() == pytest.approx(np.eye(60), abs=1e-5)
    step = torch.arange(60) + 0.5
    third = (torch.cos(np.pi * step * 3 / 60) @ matrix.T).numpy()
    assert third.argmax() == 3 and third[3] == pytest.approx(np.sqrt(30), rel=1e-4)


@pytest.mark.parametrize(("features", "observed", "horizon"), SHAPES)
def test_any_keypoints_past_and_future_and_an_untrained_network_stands_still(
    features, observed, horizon
):
    past = torch.randn(5, observed, features)
    network = DCTMixer(NetworkShape(features, observed, horizon, 4, True)).eval()
    future, logits, spread = network(past)
    assert torch.equal(future, past[:, -1:].expand(5, horizon, features))
    assert logits.shape == (5, 4)
    assert spread.shape == (5, horizon) and (spread > 0).all()
    assert DCTMixer(NetworkShape(features, observed, horizon, 0, True))(past).logits is None


def test_without_the_residual_the_newest_frame_is_not_added():
    past = torch.randn(2, 60, 34)
    assert not DCTMixer(NetworkShape()).eval()(past).future.any()


def test_the_whole_window_matters_and_the_newest_velocity_most():
    network = shaken()
    past = torch.randn(1, 60, 34) * 0.1
    change = [(network(past + delta).future - network(past).future).abs().mean().item()
              for frame in (0, 30, 58)
              for delta in [torch.zeros(1, 60, 34).index_fill_(1, torch.tensor([frame]), 0.01)]]
    assert min(change) > 0 and change[2] > max(change[:2])


def test_gradient_reaches_every_parameter():
    network = shaken(classes=3).train()
    future, logits, spread = network(torch.randn(8, 60, 34))
    (future.abs().mean() + logits.logsumexp(dim=1).mean() + spread.mean()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_training_the_spread_does_not_touch_the_prediction():
    network = shaken(classes=3)
    network(torch.randn(8, 60, 34)).spread.sum().backward()
    touched = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert touched and all(name.startswith("log_spread.") for name in touched)


@pytest.mark.parametrize("classes", [0, 7])
def test_onnx_gives_what_torch_gives_for_any_number_of_persons(classes):
    pytest.importorskip("onnx")
    ort = pytest.importorskip("onnxruntime")
    network = shaken(classes=classes)
    names = ["future", "logits", "spread"] if classes else ["future", "spread"]
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (torch.zeros(1, 60, 34),), buffer, dynamo=False, opset_version=17,
            input_names=["observed"], output_names=names,
            dynamic_axes={name: {0: "persons"} for name in ["observed", *names]})
    session = ort.InferenceSession(buffer.getvalue(), providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == names
    for persons in (1, 5):
        observed = torch.rand(persons, 60, 34) * 2 - 1
        with torch.no_grad():
            wanted = [part for part in network(observed) if part is not None]
        got = session.run(None, {"observed": observed.numpy()})
        for a, b in zip(got, wanted, strict=True):
            assert a == pytest.approx(b.numpy(), abs=1e-5)


def test_learns_a_periodic_law_on_periods_and_phases_it_never_saw():
    rng = np.random.default_rng(0)
    clips = [waving(rng.uniform(0.8, 2.0), rng.uniform(0, 2 * np.pi), 3.0)[..., :2] * (1, -1)
             for _ in range(450)]
    poses = torch.from_numpy(
        windows.normalise(np.stack(clips))[0].reshape(-1, 90, 34).astype(np.float32))
    observed, future = poses[:, :60], poses[:, 60:]
    network = fit(DCTMixer(NetworkShape(residual=True)), observed[:400], future[:400], steps=60)
    with torch.no_grad():
        error = (network(observed[400:]).future - future[400:]).abs().mean()
    standing = (observed[400:, -1:] - future[400:]).abs().mean()
    assert error < 0.25 * standing


def test_spread_is_the_size_of_the_noise_in_the_future():
    # Whoever is far to the right will jump about three times as much, later more than soon.
    steps = torch.linspace(1.0, 2.0, 30)
    right = torch.rand(2000) < 0.5
    sigma = 0.02 * torch.where(right, 3.0, 1.0)[:, None] * steps             # (B, 30)
    observed = right.float()[:, None, None].expand(-1, 60, 8)
    future = observed[:, -1:] + torch.randn(2000, 30, 8) * sigma[:, :, None]
    network = fit(DCTMixer(NetworkShape(features=8, residual=True), width=64), observed[:1500],
                  future[:1500], 300, lr=1e-2)
    with torch.no_grad():
        ratio = network(observed[1500:]).spread / sigma[1500:]
    assert 0.8 < ratio.mean() < 1.25
    assert ((ratio > 0.6) & (ratio < 1.6)).float().mean() > 0.95


def careless_and_cautious(past):
    """Return moves (B, 30, 34) by the same network, without caution and with it."""
    network = shaken()
    bold = network(past).future - past[:, -1:]
    network.be_cautious()
    again = DCTMixer(NetworkShape(residual=True)).eval()
    again.load_state_dict(network.state_dict())
    return bold, again(past).future - past[:, -1:]


def test_a_cautious_network_doubts_that_people_begin_to_move():
    still, walking = torch.randn(1, 1, 34).expand(1, 60, 34), torch.randn(1, 1, 34)
    walking = walking + torch.linspace(-2, 0, 60)[None, :, None]          # a scale a second
    kept = {}
    for name, past in (("still", still), ("walking", walking)):
        bold, cautious = careless_and_cautious(past)
        kept[name] = (cautious / bold)[:, 0].mean().item()
    assert kept["still"] == pytest.approx(0.3, abs=5e-3)
    assert kept["walking"] == pytest.approx(1.0, abs=5e-3)


def test_a_cautious_network_doubts_late_poses_but_not_where_people_go():
    past = torch.randn(2, 1, 34) + torch.linspace(-5, 0, 60)[None, :, None]
    bold, cautious = (change.view(2, 30, 17, 2) for change in careless_and_cautious(past))
    ways = [change.mean(dim=2, keepdim=True) for change in (bold, cautious)]
    assert torch.allclose(ways[0], ways[1], atol=1e-4)
    kept = ((cautious - ways[1]) / (bold - ways[0])).mean(dim=(0, 2, 3))
    assert kept[0].item() == pytest.approx(1.0, abs=0.01)
    assert kept[-1].item() == pytest.approx(0.5, abs=0.01)


def test_weights_from_before_there_was_caution_are_taken_and_have_none():
    old = {key: value for key, value in shaken().state_dict().items() if key != "caution"}
    network = DCTMixer(NetworkShape(residual=True))
    network.load_state_dict(old)
    assert not network.caution
