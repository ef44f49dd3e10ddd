"""The forecaster for people never seen: what its filters, units and heads promise."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from kinesics_core.motion.networks.carrying import FILTER_UNIT, FREQUENCIES, CarryingMixer
from kinesics_core.motion.networks.shape import NetworkShape


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def shaken(**shape):
    """A network in evaluation mode whose last layers are not the zeros they start as."""
    network = CarryingMixer(NetworkShape(residual=True, **shape)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return network


@pytest.mark.parametrize(
    ("features", "observed", "horizon"), [(34, 60, 30), (6, 60, 30), (34, 20, 45), (3, 2, 1),
                                          (4, 1, 3)])
def test_any_keypoints_past_and_future_and_an_untrained_network_stands_still(
    features, observed, horizon
):
    past = torch.randn(5, observed, features)
    network = CarryingMixer(NetworkShape(features, observed, horizon, 4, True)).eval()
    future, logits, spread = network(past)
    assert torch.equal(future, past[:, -1:].expand(5, horizon, features))
    assert logits.shape == (5, 4)
    assert spread.shape == (5, horizon) and (spread > 0).all()
    assert not CarryingMixer(NetworkShape(features, observed, horizon))(past).future.any()


def test_filters_tell_where_people_go_from_how_their_pose_changes():
    network = CarryingMixer(NetworkShape(residual=True)).eval()
    with torch.no_grad():
        network.synthesis[:, 0] = torch.arange(1, 31) / 30
        network.filters.bias.view(network.waves, 2, -1)[0, 1, FREQUENCIES] = 1.0 / FILTER_UNIT
    past = torch.randn(3, 60, 34)
    centre, pose = (lambda clip: clip.view(3, -1, 17, 2).mean(dim=2)), (
        lambda clip: clip.view(3, -1, 17, 2) - clip.view(3, -1, 17, 2).mean(dim=2, keepdim=True))
    future = network(past).future
    step = centre(past)[:, -1:] - centre(past)[:, -2:-1]
    straight_on = centre(past)[:, -1:] + torch.arange(1, 31)[:, None] * step
    assert torch.allclose(centre(future), straight_on, atol=1e-4)
    assert torch.allclose(pose(future), pose(past)[:, -1:].expand(-1, 30, -1, -1), atol=1e-4)


def test_what_a_filter_says_grows_with_the_movement_whatever_its_size():
    network = CarryingMixer(NetworkShape(residual=True)).eval()
    with torch.no_grad():
        network.filters.bias.normal_(std=0.1 / FILTER_UNIT)
    past = torch.randn(2, 60, 34)
    newest = past[:, -1:]
    change, small = (network(newest + share * (past - newest)).future - newest
                     for share in (1.0, 0.01))
    assert torch.allclose(small, 0.01 * change, atol=1e-5)


def test_gradient_reaches_every_parameter_and_the_spreads_none_of_the_prediction():
    network = shaken(classes=3).train()
    past = torch.randn(8, 60, 34)
    network(past).spread.sum().backward()
    touched = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert touched and all(name.startswith("log_spread.") for name in touched)
    future, logits, spread = network(past)
    (future.abs().mean() + logits.logsumexp(dim=1).mean() + spread.mean()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_somebody_who_does_not_move_at_all_gives_numbers():
    prediction = shaken(classes=2)(torch.randn(1, 1, 34).expand(1, 60, 34))
    assert all(torch.isfinite(part).all() for part in prediction)


def test_a_cautious_network_takes_back_what_it_is_unsure_of_and_late_steps_most():
    network = shaken()
    past = torch.randn(4, 60, 34)
    with torch.no_grad():
        bold = network(past)
        network.be_cautious()
        cautious = network(past)
        network.log_spread[-1].bias += 3.0
        unsure = network(past)
    kept, less = (((one.future - past[:, -1:]) / (bold.future - past[:, -1:])).mean(dim=(0, 2))
                  for one in (cautious, unsure))
    assert torch.equal(cautious.spread, bold.spread)
    assert ((less > 0) & (less < kept) & (kept < 1)).all() and kept[-1] < kept[0]
    again = CarryingMixer(NetworkShape(residual=True)).eval()
    again.load_state_dict(network.state_dict())
    assert torch.equal(again(past).future, unsure.future), "the weights say that it is cautious"
