"""Settings of the training of forecasters, and the recipes. Needs no torch.

The paper's recipe (arXiv 2603.01804, sections 2.2 and 3) is the default: Adam, the learning rate of
the network, weight decay 1e-4, batch 32, 200 epochs, mean squared error + 0.3 cross entropy, every
frame centred and scaled by itself. The paper does not say whether the decay is a part of the
gradient (torch's Adam) or beside it (AdamW; Loshchilov and Hutter, ICLR 2019); here it is beside
it. In the gradient it outweighs the errors of normalised poses, and an LSTM stays worse than zero
velocity. ``recipe("ours")`` is what our own network is trained with on one source,
``recipe("carry_over")`` on several, to forecast people of another; ``recipe("settle")`` after it,
from its weights (``--init``), gives back to people who walk what quiet ones took from them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from kinesics_core.errors import KinesicsError
from kinesics_core.motion.networks.registry import FORECASTERS
from kinesics_core.motion.windows import NORMALISATIONS, Normalisation
from kinesics_core.training.schedule import cosine_share, warmup_share

RESIDUAL_UNIT = 0.1
"""Unit of the loss of a residual network, as a share of the pose's scale."""

RATIOS = ("ratio", "ratio_each")
"""Losses that are shares of standing still's error in the source of each window."""

CHOICES: dict[str, tuple[str, ...]] = {
    "network": tuple(FORECASTERS),
    "optimiser": ("adamw", "adam"),
    "decay": ("none", "cosine"),
    "loss": ("mse", "l1", "relative", "tempered", *RATIOS),
    "view": ("frontal", "random"),
    "cameras": ("near", "wide"),
    "normalisation": NORMALISATIONS,
    "select": ("mae", "loss", "accuracy"),
}
"""Values that a setting may have, for the settings that are words."""


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Settings that decide the result of a run, with the data; the defaults are the paper's.

    Attributes:
        network: Name of the network, see ``networks.registry``.
        residual: Predict the change from the newest frame.
        epochs: Passes.
        batch: Windows in a step.
        lr: Learning rate; None is the network's own.
        optimiser: "adamw" has its weight decay beside the gradient, "adam" in it.
        weight_decay: Its strength.
        beta2: Of Adam's mean of squared gradients.
        decay: "cosine" lets the learning rate fall to a hundredth.
        warmup: Share of the steps before which it rises from 0.
        gradient_limit: Largest norm of the gradient, 0 for any.
        loss: Error that is minimised, see ``losses``.
        loss_unit: Share of the pose's scale in which it is measured; None is 1 (raw units), or a
            tenth for residual output.
        pose_weight: Weight of a second error beside the first, that of poses each centred and
            scaled by itself; only windows seen whole have it.
        lambda_classification: Weight of the classifier's cross entropy (equation 3).
        ema: Weights are averaged over the steps, a new one counting 1 - ema; 0 does not average.
        anchor: Share of the weights that a training begins with, left in what it ends with, as in
            Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022 (arXiv 2109.01903).
        mirror: Exchange left and right in half of the windows.
        warp: Play windows that are drawn from clips up to this share faster or slower; has no
            effect on cut ones.
        view: "frontal", or "random" cameras with a noisy detector (3-D COCO-17 only).
        cameras: Of random views: "near" stand where a robot's do; "wide" also far away, high and
            low.
        level: Share of the windows of random views that are seen exactly, from far away and level,
            as the paper's measure sees them.
        quiet: Share of the windows of random views that show people who hardly move: recordings
            slowed down a lot, or their movement made small.
        pinned: Share of them that show people whose hips stay where they are, as on a treadmill, or
            to a camera that follows.
        proportions: Standard deviation of the log of how much longer or shorter limbs, trunk and
            head are drawn, in random views.
        balance: In random views a source is drawn from in proportion to its length to this power.
        reuse: Passes over the same drawn windows within an epoch, in random views.
        normalisation: See ``motion.windows``.
        step: Frames between windows cut from a clip.
        windows: 0 has every cut window once an epoch; otherwise so many are drawn anew, anywhere
            in the clips.
        cautious: Make the trained network cautious about strangers (``networks.mixer``).
        select: The best epoch is that of the lowest validation "mae", "loss", or highest
            "accuracy".
        seed: Of weights and order.
    """

    network: str = "lstm"
    residual: bool = False
    epochs: int = 200
    batch: int = 32
    lr: float | None = None
    optimiser: str = "adamw"
    weight_decay: float = 1e-4
    beta2: float = 0.999
    decay: str = "none"
    warmup: float = 0.0
    gradient_limit: float = 0.0
    loss: str = "mse"
    loss_unit: float | None = None
    pose_weight: float = 0.0
    lambda_classification: float = 0.3
    ema: float = 0.0
    anchor: float = 0.0
    mirror: bool = False
    warp: float = 0.0
    view: str = "frontal"
    cameras: str = "near"
    level: float = 0.0
    quiet: float = 0.0
    pinned: float = 0.0
    proportions: float = 0.0
    balance: float = 0.5
    reuse: int = 1
    normalisation: Normalisation = "per_frame"
    step: int = 5
    windows: int = 0
    cautious: bool = False
    select: str = "mae"
    seed: int = 0

    def __post_init__(self) -> None:
        for field, allowed in CHOICES.items():
            if getattr(self, field) not in allowed:
                raise KinesicsError(
                    f"Got {field} {getattr(self, field)!r}; wanted one of {', '.join(allowed)}.")
        for field in ("epochs", "batch", "step", "reuse", "lr", "loss_unit"):
            value = getattr(self, field)
            if value is not None and not 0 < value < math.inf:
                raise KinesicsError(f"Got {field} {value}; wanted more than 0.")
        for field in ("weight_decay", "gradient_limit", "lambda_classification", "windows", "warp",
                      "pose_weight", "level", "quiet", "pinned", "proportions", "balance"):
            value = getattr(self, field)
            if not 0 <= value < math.inf:
                raise KinesicsError(f"Got {field} {value}; wanted 0 or more.")
        if self.loss in RATIOS and self.view != "random":
            raise KinesicsError(
                f"Got loss {self.loss} for the frontal view; wanted one of random views, which know"
                " the source of each window. Give --view random, or loss l1.")
        for field, share in (("level", self.level), ("quiet and pinned", self.quiet + self.pinned)):
            if share > 1:
                raise KinesicsError(f"Got {field} {share:g}; wanted a share, 1 at most.")
        for field in ("beta2", "ema", "anchor", "warmup"):
            value = getattr(self, field)
            if not 0 <= value < 1:
                raise KinesicsError(f"Got {field} {value}; wanted at least 0 and less than 1.")

    @property
    def learning_rate(self) -> float:
        """Highest learning rate: ``lr``, or the network's own."""
        return FORECASTERS[self.network].lr if self.lr is None else self.lr

    @property
    def unit(self) -> float:
        """Share of the pose's scale in which the loss is measured."""
        if self.loss_unit is not None:
            return self.loss_unit
        return RESIDUAL_UNIT if self.residual else 1.0

    def rate(self, done: float) -> float:
        """Return the learning rate after the share ``done`` of all steps."""
        rate = self.learning_rate * warmup_share(done, self.warmup)
        return rate * cosine_share(done) if self.decay == "cosine" else rate


RECIPES: dict[str, dict[str, Any]] = {
    "paper": {},
    "ours": {
        "residual": True, "loss": "l1", "batch": 256, "lr": 2e-3,
        "weight_decay": 1e-2, "beta2": 0.99, "decay": "cosine", "warmup": 0.05,
        "gradient_limit": 1.0, "ema": 0.998, "mirror": True, "warp": 0.2, "windows": 20000,
        "epochs": 100,
    },
}
RECIPES["carry_over"] = RECIPES["ours"] | {
    "view": "random", "normalisation": "last_frame", "cameras": "wide", "level": 0.4,
    "quiet": 0.12, "pinned": 0.3, "proportions": 0.1, "balance": 0.15, "reuse": 6,
    "loss": "ratio_each", "pose_weight": 1.0, "windows": 100000, "epochs": 12, "select": "loss",
    "cautious": True,
}
RECIPES["settle"] = RECIPES["carry_over"] | {
    "quiet": 0.06, "pinned": 0.1, "loss": "ratio", "lr": 1e-3, "epochs": 4,
    "anchor": 0.5,
}
"""Changes that each recipe makes to the defaults."""


def recipe(name: str, **changes: Any) -> TrainingConfig:
    """Return a recipe with some settings of one's own.

    Args:
        name: One of ``RECIPES``.
        **changes: Fields of ``TrainingConfig``.

    Raises:
        KinesicsError: There is no such recipe, or a setting cannot be used.
    """
    if name not in RECIPES:
        raise KinesicsError(f"Got recipe {name!r}; wanted one of {', '.join(RECIPES)}.")
    return TrainingConfig(**(RECIPES[name] | changes))


_UNSET = {"lr": "each network's own", "loss_unit": 1}
"""Words for settings that the paper's recipe leaves at None."""


def unlike_the_paper(config: TrainingConfig) -> list[str]:
    """Return in words what a run does otherwise than the paper, or where the paper is silent."""
    paper = TrainingConfig()
    words = ["split by clip (the paper: windows at random, so that test windows share frames with"
             " training windows)"]
    if config.optimiser == paper.optimiser:
        words.append("optimiser adamw (the paper: Adam, it does not say where its weight decay is)")
    for field in fields(config):
        value, theirs = getattr(config, field.name), getattr(paper, field.name)
        if value != theirs and field.name not in ("network", "optimiser", "seed"):
            said = _UNSET[field.name] if theirs is None else theirs
            words.append(f"{field.name} {value} (the paper: {said})")
    return words
