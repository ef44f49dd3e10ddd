"""Training of the stand-in for CLIP: ``kinesics train face --model dual``."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kinesics_core import files
from kinesics_core.emo3d import dual
from kinesics_core.emo3d.embedding import Embedded, Vectors, embed, read_picture
from kinesics_core.emo3d.encoders import TextEncoder
from kinesics_core.emo3d.models.batch import CLIP_WIDTH
from kinesics_core.emo3d.options import DualConfig
from kinesics_core.emo3d.triples import Triples
from kinesics_core.training import run as training_run
from kinesics_core.training.run import RunFolder

SCALE, LARGEST_SCALE = math.log(1.0 / 0.07), math.log(100.0)
"""Logarithms of the first and of the largest factor on cosines, as CLIP's."""


class DualNetwork(nn.Module):
    """Two perceptrons into one space, and the scale of their cosines."""

    def __init__(self, width: int, config: DualConfig | None = None) -> None:
        super().__init__()
        config = config or DualConfig()
        self.text_1, self.text_2 = nn.Linear(width, config.hidden), nn.Linear(
            config.hidden, CLIP_WIDTH)
        self.image_1, self.image_2 = nn.Linear(dual.FEATURES, config.hidden), nn.Linear(
            config.hidden, CLIP_WIDTH)
        self.drop = nn.Dropout(config.dropout)
        self.scale = nn.Parameter(torch.tensor(SCALE))

    def forward(self, text: Tensor, image: Tensor) -> Tensor:
        """Return the scaled cosines (B, B) of sentences and pictures."""
        one = self.text_2(self.drop(torch.relu(self.text_1(self.drop(text)))))
        other = self.image_2(self.drop(torch.relu(self.image_1(self.drop(image)))))
        cosines = functional.normalize(one, dim=-1) @ functional.normalize(other, dim=-1).T
        return cosines * self.scale.clamp(max=LARGEST_SCALE).exp()


def contrastive_loss(logits: Tensor) -> Tensor:
    """Return CLIP's loss of (B, B): a sentence finds its picture and a picture its sentence."""
    wanted = torch.arange(len(logits), device=logits.device)
    return 0.5 * (functional.cross_entropy(logits, wanted)
                  + functional.cross_entropy(logits.T, wanted))


def train(
    triples: Triples, encoder: tuple[Path, TextEncoder], run: RunFolder,
    config: DualConfig | None = None, vectors: Vectors | None = None,
) -> dict[str, float]:
    """Train the stand-in into a folder: dual.npz and report.json.

    Args:
        triples: Rows of all parts; the training part is learned from.
        encoder: Path and sentence encoder.
        run: Where and for how long.
        config: How.
        vectors: Where the sentences' vectors are kept; None: in the folder of the run.

    Returns:
        Share of validation pictures whose sentence is among the ten nearest of all, and by chance.

    Raises:
        KinesicsError: As ``training.run.train``; or a picture is missing.
    """
    config, (path, sentences) = config or DualConfig(), encoder
    parts = {}
    for name in ("train", "validation"):
        embedded = embed(triples.part(name), sentences, vectors or Vectors(run.out))
        pictures = np.stack([dual.picture_features(read_picture(file))
                             for file in embedded.triples.pictures])
        parts[name] = (embedded, torch.from_numpy(pictures))
    torch.manual_seed(run.schedule.seed)
    network = DualNetwork(sentences.width, config)

    def loss(model: nn.Module, rng: np.random.Generator) -> Tensor:
        return contrastive_loss(model(*_pairs(*parts["train"], config.batch, rng)))

    def validate(model: nn.Module) -> dict[str, float]:
        logits = model(*_pairs(*parts["validation"], config.batch, np.random.default_rng(0)))
        return {"validation": float(contrastive_loss(logits)), "top_10": _found(logits)}

    settings = {"what": "dual", **asdict(config), **asdict(run.schedule),
                "data": triples.fingerprint(), "encoder": sentences.fingerprint}
    best = training_run.train(network, loss, validate, run, settings)
    about = {"format": dual.FORMAT, "encoder": str(path.resolve()),
             "fingerprint": sentences.fingerprint, "data": triples.fingerprint()}
    files.write_arrays(run.out / dual.FILE, {
        "about": json.dumps(about), **{
            name: value.detach().numpy().astype(np.float16 if value.ndim == 2 else np.float32)
            for name, value in best.state_dict().items() if name != "scale"}})
    with torch.no_grad():
        figures = validate(best)
    pairs = min(config.batch, len(parts["validation"][1]))
    report = {"top_10": figures["top_10"], "top_10_chance": min(10.0 / pairs, 1.0)}
    files.write_json(run.out / "report.json", report)
    return report


def _pairs(
    embedded: Embedded, pictures: Tensor, count: int, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Return sentences (B, width) and pictures (B, FEATURES), one pair a row of the set at most."""
    order = rng.permutation(len(pictures))
    _, unique = np.unique(embedded.triples.rows[order], return_index=True)
    chosen = order[np.sort(unique)][:count]
    rows = embedded.triples.rows[chosen]
    lengths = np.array([len(embedded.triples.texts[row]) for row in rows])
    sentence = embedded.first[rows] + rng.integers(lengths)
    return torch.from_numpy(embedded.texts[sentence]), pictures[torch.from_numpy(chosen)]


def _found(logits: Tensor) -> float:
    """Return the share of pictures whose own sentence is among their ten nearest."""
    nearest = logits.T.topk(min(10, len(logits)), dim=-1).indices
    own = torch.arange(len(logits))[:, None]
    return float((nearest == own).any(dim=-1).float().mean())
