"""The paper's networks: their sizes, their two heads, and what the residual form promises."""

import pytest
import torch

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.networks.carrying import FILTER_UNIT, FREQUENCIES
from kinesics_core.motion.networks.registry import CARRYING, FORECASTERS, build

PAPER = {"mlp": 2_914_428, "lstm": 347_644, "cnn_lstm": 592_060, "transformer": 3_430_140}
"""Table 1 of arXiv 2603.01804."""


def weights(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("name", PAPER)
def test_has_the_papers_number_of_parameters(name: str, residual: bool) -> None:
    assert weights(build(name, residual=residual)) == PAPER[name]


@pytest.mark.parametrize("name", FORECASTERS)
def test_gives_the_future_and_one_logit_a_class(name: str) -> None:
    prediction = build(name, classes=5).eval()(torch.randn(3, 60, 34))
    assert prediction.future.shape == (3, 30, 34)
    assert prediction.logits.shape == (3, 5)
    assert build(name).eval()(torch.randn(3, 60, 34)).logits is None


@pytest.mark.parametrize("name", FORECASTERS)
def test_takes_any_keypoint_set_and_window(name: str) -> None:
    network = build(name, features=2 * 22, observed=40, horizon=12).eval()
    assert network(torch.randn(2, 40, 44)).future.shape == (2, 12, 44)


@pytest.mark.parametrize("name", FORECASTERS)
def test_untrained_residual_network_predicts_that_people_stand_still(name: str) -> None:
    observed = torch.randn(2, 60, 34)
    future = build(name, residual=True).eval()(observed).future
    assert torch.equal(future, observed[:, -1:].expand(2, 30, 34))


@pytest.mark.parametrize("name", PAPER)
def test_both_heads_teach_the_shared_layers(name: str) -> None:
    torch.manual_seed(0)
    network = build(name, classes=3).train()
    observed = torch.randn(4, 60, 34)
    for loss in (lambda p: p.future.square().sum(), lambda p: p.logits.square().sum()):
        network.zero_grad()
        loss(network(observed)).backward()
        first = next(network.parameters())
        assert first.grad is not None and first.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["lstm", "cnn_lstm", "transformer"])
def test_order_of_the_frames_matters(name: str) -> None:
    torch.manual_seed(0)
    network = build(name).eval()
    observed = torch.randn(1, 60, 34)
    swapped = observed.clone()
    swapped[:, [50, 58]] = observed[:, [58, 50]]
    assert not torch.allclose(network(observed).future, network(swapped).future, atol=1e-6)


def test_transformer_is_torchs_encoder_read_at_its_last_step() -> None:
    torch.manual_seed(0)
    network = build("transformer").eval()
    reference = torch.nn.TransformerEncoder(
        torch.nn.TransformerEncoderLayer(256, 8, 1024, batch_first=True), 4,
        enable_nested_tensor=False).eval()
    names = {"together": "self_attn.out_proj", "feed_forward.0": "linear1",
             "feed_forward.3": "linear2", "norm_1": "norm1", "norm_2": "norm2"}
    state = {f"{index}.{theirs}.{kind}": layer.get_submodule(ours).get_parameter(kind)
             for index, layer in enumerate(network.layers)
             for ours, theirs in names.items() for kind in ("weight", "bias")}
    for index, layer in enumerate(network.layers):
        for kind in ("weight", "bias"):
            state[f"{index}.self_attn.in_proj_{kind}"] = torch.cat([
                layer.query.get_parameter(kind), layer.key_value.get_parameter(kind)])
    reference.layers.load_state_dict(state)
    observed = torch.randn(2, 60, 34)
    with torch.no_grad():
        last = reference(network.project(observed) + network.position)[:, -1]
        wanted = network.generation(last).view(2, 30, 34)
        assert torch.allclose(network(observed).future, wanted, atol=1e-5)


def test_unknown_network_is_named_with_those_there_are() -> None:
    with pytest.raises(KinesicsError, match="gru.*mlp, lstm, cnn_lstm, transformer, ours"):
        build("gru")


def test_the_carrying_network_can_continue_whatever_moves() -> None:
    network = build(CARRYING, residual=True).eval()
    with torch.no_grad():
        network.synthesis[:, 0] = torch.arange(1, 31) / 30
        chosen = network.filters.bias.view(network.waves, 2, -1)  # of the pose and of its centre
        chosen[0, :, FREQUENCIES] = 1.0 / FILTER_UNIT             # the newest velocity
    observed = torch.randn(3, 60, 34)
    step = observed[:, -1:] - observed[:, -2:-1]
    straight_on = observed[:, -1:] + torch.arange(1, 31)[:, None] * step
    assert torch.allclose(network(observed).future, straight_on, atol=1e-4)
