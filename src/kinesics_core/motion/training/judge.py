"""Judging a trained run on test clips and on sources it was never trained on.

The network stands beside what it has to beat: the newest pose held, constant velocity, and a ridge
regression fitted to the clips it was trained on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from torch import nn

from kinesics_core import files
from kinesics_core.dataset.clips import Clip
from kinesics_core.motion.evaluation import forecast_errors, recognition
from kinesics_core.motion.evaluation.baselines import (
    Forecast,
    Ridge,
    constant_velocity,
    fit_ridge,
    zero_velocity,
)
from kinesics_core.motion.evaluation.camera_errors import SourceScore, camera_scores
from kinesics_core.motion.training import camera_windows, feeds, labels, windowing
from kinesics_core.motion.training.config import TrainingConfig
from kinesics_core.motion.training.feeds import Examples
from kinesics_core.motion.training.predict import predict
from kinesics_core.motion.training.prepare import PreparedRun

TEST_WINDOWS = 1000
"""Number of test windows of each source and condition, through random cameras."""
RIDGE_WINDOWS = 12000
RIDGE_PENALTY = 10.0


@dataclass(frozen=True, slots=True)
class RunReport:
    """Figures of a trained run.

    Attributes:
        test: On test clips of the sources trained on.
        unseen: On sources never trained on.
        unknown: Labels of the unseen clips that the network does not know: of these clips only
            the motion is judged.
    """

    test: list[SourceScore]
    unseen: list[SourceScore]
    unknown: list[str]

    def save(self, path: Path) -> None:
        """Write all scores as a JSON list."""
        scores = [asdict(score) for score in (*self.test, *self.unseen)]
        files.write_text(path, json.dumps(scores, indent=1) + "\n")


def judge(network: nn.Module, run: PreparedRun) -> RunReport:
    """Judge the network that a run has trained."""
    judgement = _Judgement(network, run.config, _ridge(run), run.options.label,
                           run.identity.classes)
    label = run.options.label
    unknown = {clip.labels[label] for clip in run.unseen if label in clip.labels} \
        - set(run.identity.classes) if label else set()
    return RunReport(
        judgement.scores(run.test), judgement.scores(run.unseen) if run.unseen else [],
        sorted(unknown))


def _ridge(run: PreparedRun) -> Ridge:
    """Fit a ridge to at most ``RIDGE_WINDOWS`` windows of the clips trained on."""
    config = run.config
    drawn = feeds.held_out(
        config, Examples(run.stages[-1].train.motion), (config.seed, 1), RIDGE_WINDOWS)
    rows = np.random.default_rng(config.seed).permutation(len(drawn.observed))[:RIDGE_WINDOWS]
    weight = None if drawn.weight is None else drawn.weight[rows]
    if weight is not None and weight.shape[1] == 1:
        weight = weight[:, 0]
    return fit_ridge(drawn.observed[rows], drawn.future[rows], weight, RIDGE_PENALTY)


@dataclass(frozen=True, slots=True)
class _Judgement:
    """A network, what it has to beat, and how windows are seen."""

    network: nn.Module
    config: TrainingConfig
    ridge: Ridge
    label: str | None
    classes: Sequence[str]

    def scores(self, clips: list[Clip]) -> list[SourceScore]:
        """Return the scores of each source."""
        methods: dict[str, Forecast] = {
            "ridge": self.ridge,
            "network": lambda observed: predict(self.network, observed).future}
        scores: list[SourceScore] = []
        if self.config.view == "random":
            clips, _ = camera_windows.at_window_rate(clips)
            scores += camera_scores(
                clips, self.config.normalisation, methods, count=TEST_WINDOWS)
        for source in sorted({clip.source for clip in clips}):
            own = [clip for clip in clips if clip.source == source]
            if self.config.view == "frontal" and any(map(windowing.long_enough, own)):
                scores += self._frontal(source, own, methods)
            if self.label is None:
                continue
            targets = np.where(
                [windowing.long_enough(clip, windowing.SHORTEST) for clip in own],
                labels.targets(own, self.label, self.classes, strict=False), labels.UNKNOWN)
            if (targets >= 0).any():
                scores.append(self._recognised(source, Examples(own, targets)))
        return scores

    def _frontal(
        self, source: str, clips: Sequence[Clip], methods: Mapping[str, Forecast]
    ) -> list[SourceScore]:
        """Return the errors of forecasts of windows cut every half second."""
        cut = windowing.cut_windows(clips, feeds.VALIDATION_STEP)
        truth = windowing.encode(cut, self.config.normalisation)
        everything: dict[str, Forecast] = {
            "zero velocity": zero_velocity, "constant velocity": constant_velocity, **methods}
        scores = []
        for name, method in everything.items():
            errors = forecast_errors.forecast_errors(method(truth.observed), truth)
            metrics = {"mae": errors.mae} | {
                f"mae_{frame}": errors.by_frame[frame - 1] for frame in forecast_errors.REPORTED}
            scores.append(SourceScore(source, "frontal", name, metrics))
        return scores

    def _recognised(self, source: str, examples: Examples) -> SourceScore:
        """Return accuracy and macro-F1 of clips, by the mean of their windows.

        Through random cameras it is that of windows.
        """
        targets = np.asarray(examples.targets)
        if self.config.view == "random":
            drawn = feeds.held_out(
                self.config, examples, (self.config.seed, 4), TEST_WINDOWS)
            truth = np.asarray(drawn.target)
            rows = np.flatnonzero(truth >= 0)
            probabilities, truth = self._probabilities(drawn.observed[rows]), truth[rows]
        else:
            rows = np.flatnonzero(targets >= 0)
            clips = [examples.motion[int(row)] for row in rows]     # type: ignore[index]
            cut = windowing.cut_windows(clips, feeds.VALIDATION_STEP, horizon=0)
            observed = windowing.encode(cut, self.config.normalisation).observed
            which, probabilities = recognition.clip_vote(self._probabilities(observed), cut.clip)
            truth = targets[rows][which]
        found = recognition.scores(truth, probabilities.argmax(axis=1), len(self.classes))
        return SourceScore(source, self.config.view, "network",
                     {"accuracy": found.accuracy, "macro_f1": found.macro_f1})

    def _probabilities(self, observed: np.ndarray) -> np.ndarray:
        probabilities = predict(self.network, observed).probabilities
        assert probabilities is not None  # the network was built with classes
        return probabilities
