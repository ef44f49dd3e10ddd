"""Table 2: faces of models beside trivial ones, by mean squared error and by what is read in them.

Every model is given the same balanced test prompts. Its faces are drawn as given, on one person,
upright, and the pictures are looked at by

- ``emo3d``: the paper's metric with a CLIP by path (or its stand-in, which must not be called so),
- ``read_back``: ours, which runs everywhere: the expression networks of ``perception`` read the
  picture, and equations 5 and 6 compare what they read with the prompt's distribution. They know no
  contempt and hardly see disgust, so those prompts cost everybody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.emo3d import metric
from kinesics_core.emo3d.encoders import JointEncoder
from kinesics_core.emo3d.metric import MetricConfig
from kinesics_core.emo3d.options import SIDE
from kinesics_core.emo3d.portraits import FaceScores
from kinesics_core.emo3d.triples import Triples
from kinesics_core.errors import KinesicsError
from kinesics_core.perception.expression_network import ExpressionNetwork
from kinesics_core.render.face_picture import FacePicture

PROMPTS = 160
"""Test prompts: twenty of each emotion."""

OnDone = Callable[[int, int], None]

_DEFAULTS = MetricConfig()


@dataclass(frozen=True, eq=False)
class Prompts:
    """Test prompts.

    Attributes:
        texts: One sentence of each of N rows.
        sentence: (N,) which of the row's sentences it is.
        rows: (N,) the rows of the test part.
        distributions: (N, 8).
        faces: (N, 52) the scores of one picture of each row.
        drawn: (N, 52) what that picture was drawn with; nan where nobody knows.
    """

    texts: tuple[str, ...]
    sentence: np.ndarray
    rows: np.ndarray
    distributions: np.ndarray
    faces: np.ndarray
    drawn: np.ndarray


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; a figure that was not measured is None.

    Attributes:
        name: Of the model.
        mse: Mean squared error to the faces of the data.
        emo3d: The paper's metric, or with the stand-in for CLIP.
        read_back: Ours.
        found: Share of prompts whose most likely emotion is the one read first; contempt, which is
            not read, counts as not found.
        by_emotion: Emotion -> ours, over the prompts of which it is the largest.
    """

    name: str
    mse: float
    emo3d: float | None
    read_back: float
    found: float
    by_emotion: Mapping[str, float]


def choose(test: Triples, count: int = PROMPTS, seed: int = 0) -> Prompts:
    """Choose test prompts of balanced emotion, one sentence and one picture of each row.

    Args:
        test: The test part.
        count: How many.
        seed: Of the choice.
    """
    pictured = np.unique(test.rows)
    rows = pictured[metric.balanced(test.distributions[pictured], count, seed)]
    rng = np.random.default_rng((seed, 1))
    sentence = np.array([rng.integers(len(test.texts[row])) for row in rows])
    picture = np.array([rng.choice(np.flatnonzero(test.rows == row)) for row in rows])
    texts = tuple(test.texts[row][number] for row, number in zip(rows, sentence, strict=True))
    return Prompts(texts, sentence, rows, test.distributions[rows], test.scores[picture],
                   test.commanded[picture])


class Judge:
    """Evaluator of faces of the same prompts; close it after use.

    Args:
        prompts: What the faces are of.
        config: k and eps.
        joint: CLIP or its stand-in; None leaves the paper's metric out.
        side: Width and height of the pictures, px.
    """

    def __init__(
        self, prompts: Prompts, config: MetricConfig = _DEFAULTS,
        joint: JointEncoder | None = None, side: int = SIDE,
    ) -> None:
        self.prompts, self.config, self._joint = prompts, config, joint
        if joint is not None and config.k > len(prompts.texts):
            raise KinesicsError(
                f"Got k = {config.k} and {len(prompts.texts)} prompts; wanted at most as many."
                " Give more prompts or a smaller k.")
        self._vectors = joint.texts(prompts.texts) if joint is not None else None
        self._picture = plain_picture(side)
        self._network = ExpressionNetwork.load()
        self._scores = FaceScores()

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self._scores.close()

    def row(self, name: str, faces: np.ndarray, on_done: OnDone | None = None) -> Row:
        """Judge the faces of one model.

        Args:
            name: Of the model.
            faces: (N, 52) one of each prompt, 0..1.
            on_done: Told how many were drawn.

        Raises:
            KinesicsError: A face holds what is no number.
        """
        mse = metric.mean_square(faces, self.prompts.faces)
        images, read = [], []
        for number, face in enumerate(faces):
            image = self._picture.draw(np.clip(face, 0.0, 1.0))
            images.append(image)
            read.append(self._read(image))
            if on_done:
                on_done(number + 1, len(faces))
        phi = self.prompts.distributions
        ours = metric.score(phi, np.stack(read), self.config.eps)
        dominant = phi.argmax(axis=1)
        return Row(
            name, mse, self._emo3d(images), ours.mean,
            float((np.argmax(read, axis=1) == dominant).mean()),
            {emotion: float(ours.values[dominant == index].mean())
             for index, emotion in enumerate(EMOTIONS) if (dominant == index).any()})

    def _emo3d(self, images: list[np.ndarray]) -> float | None:
        if self._joint is None or self._vectors is None:
            return None
        phi = self.prompts.distributions
        psi = metric.retrieved(self._joint.images(images), self._vectors, phi, self.config.k)
        return metric.score(phi, psi, self.config.eps).mean

    def _read(self, image: np.ndarray) -> np.ndarray:
        """Return what the networks read in a picture (8,); of no face, neutral."""
        mesh = self._scores.landmarks(image)
        if mesh is None:
            return np.eye(len(EMOTIONS))[NEUTRAL]
        return self._network.read(image, mesh, mirrored=False).astype(np.float64)


@lru_cache(maxsize=2)
def plain_picture(side: int = SIDE) -> FacePicture:
    """Return what draws the faces that are judged: one person, square pictures of a side, px."""
    return FacePicture(side, side)


def shuffled(faces: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return faces (N, 52) given to other prompts at random, none to its own."""
    order = np.random.default_rng((seed, 2)).permutation(len(faces))
    given = np.empty_like(order)
    given[order] = np.roll(order, 1)
    return faces[given]
