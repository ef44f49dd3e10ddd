"""Training of the paper's models on triples: ``kinesics train face``.

A step draws triples: a picture with its scores and one of its row's sentences. The best epoch is
the one whose faces of validation sentences are nearest to those measured; the report stands beside
the mean face of the training part, which knows nothing of the text.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kinesics_core import files
from kinesics_core.emo3d.embedding import Embedded, Vectors, embed
from kinesics_core.emo3d.encoder_paths import text_encoder
from kinesics_core.emo3d.encoders import TextEncoder
from kinesics_core.emo3d.models.batch import Batch
from kinesics_core.emo3d.models.registry import Model, model_of, parameter_count
from kinesics_core.emo3d.options import FaceConfig
from kinesics_core.emo3d.triples import Triples
from kinesics_core.errors import ModelError
from kinesics_core.training import checkpoint
from kinesics_core.training import run as training_run
from kinesics_core.training.run import FORMAT, RunFolder

ENCODER = "encoder.json"
"""Name of the file in a run's folder that says where its encoder lies."""

def train(
    name: str, triples: Triples, encoder: TextEncoder, run: RunFolder, *,
    config: FaceConfig | None = None, settings: Any = None, vectors: Vectors | None = None,
) -> dict[str, float]:
    """Train one model into a folder: its checkpoint, curves and report.json.

    Args:
        name: Of the model, a key of ``registry.MODELS``.
        triples: Rows of all parts.
        encoder: Of sentences; for a model of CLIP's space, of pictures too.
        run: Where and for how long; see ``training.run`` for its files.
        config: How.
        settings: The model's own; None for the paper's.
        vectors: Where the encoder's vectors are kept, and who is told how far it is; None: in the
            folder of the run.

    Returns:
        Errors on the test part and sizes, see ``report``.

    Raises:
        KinesicsError: As ``training.run.train``; the encoder knows no pictures and the model needs
            them; a part is empty.
    """
    config, model = config or FaceConfig(), model_of(name)
    require_fit(name, model, encoder)
    settings = settings or model.config()
    vectors = vectors or Vectors(run.out)
    parts = {part: embed(triples.part(part), encoder, vectors)
             for part in ("train", "validation", "test")}
    faces = {part: target_faces(embedded.triples, config.target)
             for part, embedded in parts.items()}
    torch.manual_seed(run.schedule.seed)
    network = model.build(encoder.width, settings)
    held_out = _every(parts["validation"], faces["validation"])

    def loss(module: nn.Module, rng: np.random.Generator) -> Tensor:
        batch = _draw(parts["train"], faces["train"], config.batch, rng)
        value: Tensor = cast(Any, module).loss(batch)
        return value

    def validate(module: nn.Module) -> dict[str, float]:
        return {"validation": float(functional.mse_loss(module(held_out.text), held_out.face))}

    known = {"what": name, "width": encoder.width, "encoder": encoder.fingerprint,
             "data": triples.fingerprint(), "model": asdict(settings), **asdict(config),
             **asdict(run.schedule)}
    best = training_run.train(network, loss, validate, run, known)
    figures = report(best, _every(parts["test"], faces["test"]), faces["train"].mean(axis=0))
    figures["encoder_width"] = float(encoder.width)
    files.write_json(run.out / "report.json", figures)
    return figures


def note_encoder(folder: Path, path: Path, encoder: TextEncoder) -> None:
    """Note in a run's folder where the encoder lies, for ``kinesics eval face``."""
    files.write_json(folder / ENCODER, {
        "path": str(path.resolve()), "fingerprint": encoder.fingerprint})


@torch.no_grad()
def report(network: nn.Module, test: Batch, mean_face: np.ndarray) -> dict[str, float]:
    """Return mse of a network's faces of test sentences, that of the mean face, and parameters."""
    constant = torch.from_numpy(mean_face.astype(np.float32)).expand_as(test.face)
    return {"mse": float(functional.mse_loss(network(test.text), test.face)),
            "mean_face_mse": float(functional.mse_loss(constant, test.face)),
            "sentences": float(len(test.text)), "parameters": float(parameter_count(network))}


def require_fit(name: str, model: Model, encoder: TextEncoder) -> None:
    """Refuse an encoder that cannot give what a model needs.

    Raises:
        ModelError: The model learns from pictures, and the encoder knows none.
    """
    if model.joint and not hasattr(encoder, "images"):
        raise ModelError(
            f"The model {name} learns from pictures and sentences in one space, and"
            f" {encoder.name} encodes sentences alone. Give --encoder a CLIP, or what `kinesics"
            " train face --model dual` makes.")


class TrainedModel:
    """A model that was trained: sentences' vectors to faces.

    Args:
        folder: Of the run.

    Raises:
        ModelError: There is no finished run of a face model.
    """

    def __init__(self, folder: Path) -> None:
        state = checkpoint.read(folder / checkpoint.CHECKPOINT, FORMAT,
                                ("settings", "best_network"))
        try:
            settings = json.loads(state["settings"])
            self.name, self.width = str(settings["what"]), int(settings["width"])
            self.encoder = str(settings["encoder"])
            model = model_of(self.name)
            network = model.build(self.width, model.config(**settings["model"]))
            network.load_state_dict(state["best_network"])
        except Exception as error:  # torch has no one error for weights that do not fit
            reason = checkpoint.first_line(error)
            raise ModelError(
                f"{folder / checkpoint.CHECKPOINT} is no model of `kinesics train face`"
                f" ({reason}). Give the folder of such a run.") from error
        self.title, self._network = model.title, network.eval()
        self.folder = folder

    def load_encoder(self, path: Path | None = None) -> TextEncoder:
        """Load the encoder that the model was trained with.

        Args:
            path: Where it lies now; None: where it lay in training.

        Raises:
            ModelError: It is gone, or another one.
        """
        if path is None:
            try:
                path = Path(json.loads((self.folder / ENCODER).read_text())["path"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise ModelError(
                    f"{self.folder / ENCODER} does not say where the encoder lies ({error}); give"
                    " it by --encoder.") from error
        found = text_encoder(path)
        if found.width != self.width:
            raise ModelError(
                f"{path} gives vectors of {found.width} numbers; the model {self.name} in"
                f" {self.folder} was trained on {self.width}. Give the encoder that it was"
                " trained with.")
        if found.fingerprint != self.encoder:
            raise ModelError(
                f"{path} is another encoder than the one that {self.folder} was trained with. Give"
                " that one by --encoder, or train again.")
        return found

    @torch.no_grad()
    def faces(self, texts: np.ndarray) -> np.ndarray:
        """Return faces (N, 52) float32, 0..1, of sentences' vectors (N, width).

        Raises:
            ModelError: They are of another width.
        """
        if texts.ndim != 2 or texts.shape[1] != self.width:
            raise ModelError(
                f"Got vectors of {texts.shape[-1]} numbers; the model {self.name} was trained on"
                f" {self.width}. Give the encoder that it was trained with.")
        found: np.ndarray = self._network(torch.from_numpy(texts.astype(np.float32))).numpy()
        return np.clip(found, 0.0, 1.0)


def target_faces(triples: Triples, target: str) -> np.ndarray:
    """Return the faces (M, 52) that are learned.

    Raises:
        ModelError: "commanded", and nobody knows what the pictures were drawn with.
    """
    if target == "measured":
        return triples.scores
    if not np.isfinite(triples.commanded).all():
        raise ModelError(
            "Got the target 'commanded' and pictures of which nobody knows what they were drawn"
            " with; use 'measured', or a set of `kinesics data emo3d`.")
    return triples.commanded


def _draw(
    embedded: Embedded, faces: np.ndarray, count: int, rng: np.random.Generator
) -> Batch:
    """Return triples drawn at random: a picture, and a sentence of its row."""
    pictures = rng.integers(len(faces), size=count)
    rows = embedded.triples.rows[pictures]
    lengths = np.array([len(embedded.triples.texts[row]) for row in rows])
    return _batch(embedded, faces, pictures, embedded.first[rows] + rng.integers(lengths))


def _every(embedded: Embedded, faces: np.ndarray) -> Batch:
    """Return every triple of a part."""
    pictures, sentences = pairs(embedded)
    return _batch(embedded, faces, pictures, sentences)


def pairs(embedded: Embedded) -> tuple[np.ndarray, np.ndarray]:
    """Return picture and sentence of every triple, (T,) each."""
    rows = embedded.triples.rows
    counts = np.array([len(embedded.triples.texts[row]) for row in rows])
    pictures = np.repeat(np.arange(len(rows)), counts)
    sentences = np.concatenate([embedded.first[row] + np.arange(count)
                                for row, count in zip(rows, counts, strict=True)])
    return pictures, sentences


def _batch(
    embedded: Embedded, faces: np.ndarray, pictures: np.ndarray, sentences: np.ndarray
) -> Batch:
    text = torch.from_numpy(embedded.texts[sentences])
    image = text if embedded.images is None else torch.from_numpy(embedded.images[pictures])
    emotion = embedded.triples.distributions[embedded.triples.rows[pictures]]
    return Batch(text, image, torch.from_numpy(emotion), torch.from_numpy(faces[pictures]))
