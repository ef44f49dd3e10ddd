"""The four models: sizes of the paper, losses on cases with a known value, teacher forcing."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from kinesics_core.emo3d.models import emotion_xlm, vae_clip
from kinesics_core.emo3d.models.batch import CLIP_WIDTH, WIDTH, Batch
from kinesics_core.emo3d.models.clip_mlp import ClipMlp, doubled
from kinesics_core.emo3d.models.emotion_xlm import EmotionXlm, forced_rows, one_hot
from kinesics_core.emo3d.models.mlp import SentenceMlp
from kinesics_core.emo3d.models.registry import MODELS, parameter_count
from kinesics_core.emo3d.models.vae_clip import VaeClip, alignment
from kinesics_core.emo3d.options import EmotionXlmConfig, VaeClipConfig


def batch(count=64, width=16, seed=0):
    made = torch.Generator().manual_seed(seed)
    emotion = torch.rand(count, 8, generator=made)
    return Batch(
        torch.randn(count, width, generator=made), torch.randn(count, width, generator=made),
        emotion / emotion.sum(-1, keepdim=True), torch.rand(count, 52, generator=made))


def linear(*sizes):
    return sum(one * other + other for one, other in zip(sizes, sizes[1:], strict=False))


def test_sizes_are_the_papers():
    assert WIDTH == 768 and CLIP_WIDTH == 512
    assert parameter_count(SentenceMlp()) == linear(768, 256, 128, 52)
    assert parameter_count(ClipMlp()) == linear(512, 256, 128, 52)
    assert parameter_count(EmotionXlm()) == linear(768, 128, 8) + linear(784, 256, 128, 52)
    assert parameter_count(VaeClip()) == (
        linear(52, 256) + 2 * linear(256, 512) + linear(512, 256, 52))
    assert EmotionXlm().regressor[0].in_features == 784


@pytest.mark.parametrize("name", MODELS)
def test_faces_lie_in_0_1_and_another_width_is_another_first_layer(name):
    model = MODELS[name]
    network = model.build(384, model.config()).eval()
    found = network(torch.randn(5, 384))
    assert found.shape == (5, 52) and found.min() >= 0.0 and found.max() <= 1.0
    assert math.isfinite(float(network.loss(batch(width=384)).detach()))


def test_the_language_models_loss_is_the_mean_squared_error():
    network = SentenceMlp(16)
    one = batch()
    with torch.no_grad():
        wanted = float(((network(one.text) - one.face) ** 2).mean())
    assert network.loss(one).item() == pytest.approx(wanted)


def test_clip_learns_from_sentences_and_pictures():
    one = batch(count=7)
    inputs, faces = doubled(one)
    assert inputs.shape == (14, 16) and faces.shape == (14, 52)
    assert torch.equal(inputs[:7], one.text) and torch.equal(inputs[7:], one.image)
    assert torch.equal(faces[:7], faces[7:])
    network = ClipMlp(16)
    apart = [((network(part) - one.face) ** 2).mean() for part in (one.text, one.image)]
    assert network.loss(one).item() == pytest.approx(float(sum(apart) / 2))


def test_equation_1_weighs_both_errors():
    one = batch()
    for weights in ((1.0, 0.0), (0.0, 1.0), (2.0, 3.0)):
        torch.manual_seed(5)
        network = EmotionXlm(16, EmotionXlmConfig(lambda_1=weights[0], lambda_2=weights[1]))
        torch.manual_seed(6)
        found = network.loss(one).item()
        torch.manual_seed(6)
        extracted = network.extractor(one.text)
        own = torch.rand(64) < 0.5
        emotion = torch.where(own[:, None], extracted, one.emotion)
        error = ((network.regress(one.text, emotion) - one.face) ** 2).mean()
        read = ((extracted - one.emotion) ** 2).mean()
        assert found == pytest.approx(float(weights[0] * error + weights[1] * read), rel=1e-5)


def test_half_of_the_samples_go_on_with_the_extractors_emotions():
    torch.manual_seed(0)
    assert float(forced_rows(100_000, 0.5).float().mean()) == pytest.approx(0.5, abs=0.01)
    assert not forced_rows(1000, 0.0).any() and forced_rows(1000, 1.0).all()


def test_the_blendshapes_error_teaches_the_extractor_only_where_its_emotions_are_used():
    one = batch()
    for share, taught in ((0.0, False), (1.0, True)):
        network = EmotionXlm(16, EmotionXlmConfig(lambda_2=0.0, extracted=share))
        network.loss(one).backward()
        assert bool(network.extractor[0].weight.grad.abs().sum() > 0) is taught


def test_the_regression_unit_gets_vector_intensities_and_one_hot_in_this_order():
    network = EmotionXlm(16)
    seen = []
    network.regressor.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    text, emotion = torch.randn(2, 16), torch.tensor([[0.1] * 7 + [0.3], [0.4] + [0.1] * 7])
    network.regress(text, emotion)
    assert torch.equal(seen[0], torch.cat([text, emotion, one_hot(emotion)], dim=1))
    assert one_hot(emotion).argmax(1).tolist() == [7, 0] and one_hot(emotion).sum() == 2


def test_equations_2_and_3_on_known_angles():
    one = torch.tensor([[2.0, 0.0]])
    for other, wanted in (([5.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([-1.0, 0.0], 2.0),
                          ([1.0, 1.0], 1.0 - math.sqrt(0.5))):
        assert float(alignment(one, torch.tensor([other]))) == pytest.approx(wanted, abs=1e-6)


def test_equation_4_is_its_three_losses():
    one = batch()
    network = VaeClip(16, VaeClipConfig(dropout=0.0, lambda_text=0.3, lambda_image=0.7))
    torch.manual_seed(1)
    found = network.loss(one).item()
    torch.manual_seed(1)
    mean, log_variance = network.encode(one.face)
    z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
    wanted = (((network.decode(z) - one.face) ** 2).mean() + 0.3 * alignment(one.text, z)
              + 0.7 * alignment(one.image, z))
    assert found == pytest.approx(float(wanted), rel=1e-5)


def test_z_has_the_mean_and_deviation_that_the_encoder_says():
    network = VaeClip(4, VaeClipConfig(hidden=8))
    with torch.no_grad():
        network.mean.weight.zero_()
        network.mean.bias.copy_(torch.tensor([1.0, -1.0, 0.0, 2.0]))
        network.log_variance.weight.zero_()
        network.log_variance.bias.fill_(2.0 * math.log(0.5))
    drawn = []
    network.decoder.register_forward_pre_hook(lambda _, inputs: drawn.append(inputs[0]))
    torch.manual_seed(0)
    network.loss(batch(count=20_000, width=4))
    assert drawn[0].mean(0).tolist() == pytest.approx([1.0, -1.0, 0.0, 2.0], abs=0.02)
    assert drawn[0].std(0).tolist() == pytest.approx([0.5] * 4, abs=0.02)


def test_a_sentence_is_decoded_at_the_length_that_z_has_in_training():
    network = VaeClip(4, VaeClipConfig(hidden=8)).train()
    with torch.no_grad():
        for layer in (network.mean, network.log_variance):
            layer.weight.zero_()
        network.mean.bias.copy_(torch.tensor([3.0, 0.0, 4.0, 0.0]))
        network.log_variance.bias.fill_(-30.0)
    for _ in range(1500):
        network.loss(batch(count=4, width=4))
    assert float(network.length) == pytest.approx(5.0, rel=1e-3)
    network.eval()
    drawn = []
    network.decoder.register_forward_pre_hook(lambda _, inputs: drawn.append(inputs[0]))
    network(torch.tensor([[0.0, 0.2, 0.0, 0.0]]))
    assert drawn[0].tolist()[0] == pytest.approx([0.0, 5.0, 0.0, 0.0], rel=1e-3)


@pytest.mark.parametrize("name", MODELS)
def test_each_model_learns_what_its_text_determines(name):
    """Faces are a fixed map of the sentence's vector, which the picture shares."""
    made = np.random.default_rng(0)
    chart = torch.from_numpy(made.normal(size=(16, 52)).astype(np.float32))

    def drawn(seed):
        text = torch.randn(128, 16, generator=torch.Generator().manual_seed(seed))
        emotion = torch.softmax(3.0 * text[:, :8], -1)
        return Batch(text, text, emotion, torch.sigmoid(text @ chart))

    model = MODELS[name]
    torch.manual_seed(0)
    # The faces here vary more than real ones, so the alignment must count for more beside them.
    aligned = {"lambda_text": 0.1, "lambda_image": 0.1} if name == "vae-clip" else {}
    network = model.build(16, model.config(**aligned))
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3)
    for step in range(250):
        optimiser.zero_grad()
        network.loss(drawn(step)).backward()
        optimiser.step()
    test = drawn(100_000)
    with torch.no_grad():
        error = float(((network.eval()(test.text) - test.face) ** 2).mean())
    mean_face = float((test.face - test.face.mean(0)).square().mean())
    assert error < (0.9 if name == "vae-clip" else 0.3) * mean_face


def test_modules_name_the_papers_equations():
    assert "(4)" in vae_clip.__doc__ and "Equation 1" in emotion_xlm.__doc__
