"""Figures of the studies, made from the results of their trainings: rows of a table, and means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinesics_core import bench
from kinesics_core.experiments.comparison import mean
from kinesics_core.experiments.options import REAL, SCRATCH
from kinesics_core.experiments.studies import StudyOutcome, StudyTraining


@dataclass(frozen=True, slots=True)
class PretrainingTable:
    """Error on real test clips by network and start (figure 1 of the paper).

    Attributes:
        rows: One a network, start and seed, for the CSV.
        errors: Mean absolute error, pose scales, mean of the seeds; None if one failed.
        gains: Per cent by which the error is lower than from scratch, of each seed that has one.
    """

    rows: list[dict[str, Any]]
    errors: dict[tuple[str, str], float | None]
    gains: dict[tuple[str, str], list[float]]

    def gain(self, network: str, tier: str, seeds: int) -> float | None:
        """Return the mean gain of a tier; None if a seed failed."""
        gains = self.gains[network, tier]
        return float(np.mean(gains)) if len(gains) == seeds else None


@dataclass(frozen=True, slots=True)
class DomainsTable:
    """Error on every domain while training (figure 3 of the paper).

    Attributes:
        rows: One a network, start, seed and measured epoch, for the CSV.
        final: Error after the last epoch by network, start and domain, mean of the seeds; None if
            one failed.
    """

    rows: list[dict[str, Any]]
    final: dict[tuple[str, str, str], float | None]


@dataclass(frozen=True, slots=True)
class EmotionTable:
    """Recognition on every domain (table 2 of the paper).

    Attributes:
        rows: One a network, start, seed and domain, for the CSV.
        means: Mean of the seeds by network, start, domain and column of ``rows``; None if one
            failed.
    """

    rows: list[dict[str, Any]]
    means: dict[tuple[str, str, str, str], float | None]


SCORES = ("accuracy_windows", "macro_f1_windows", "accuracy_clips", "macro_f1_clips")
"""Columns of ``EmotionTable.rows`` that are figures."""


def pretraining_table(outcome: StudyOutcome) -> PretrainingTable:
    """Gather the errors and the relative gains."""
    options = outcome.plan.options
    table = PretrainingTable([], {}, {})
    for network in options.networks:
        for seed in range(options.seeds):
            scratch = _error(outcome, StudyTraining(network, SCRATCH, seed))
            for start in options.starts:
                error = _error(outcome, StudyTraining(network, start, seed))
                gain = None if error is None or scratch is None else \
                    100.0 * (scratch - error) / scratch
                table.rows.append({"network": network, "tier": start, "seed": seed, "mae": error,
                                   "gain_percent": gain})
        for start in options.starts:
            own = [row for row in table.rows
                   if (row["network"], row["tier"]) == (network, start)]
            table.errors[network, start] = mean([row["mae"] for row in own])
            table.gains[network, start] = [
                row["gain_percent"] for row in own if row["gain_percent"] is not None]
    return table


def pretraining_results(outcome: StudyOutcome, table: PretrainingTable) -> list[bench.Result]:
    """Return mae.NETWORK.START and gain.NETWORK.TIER."""
    options, results = outcome.plan.options, []
    for (network, start), error in table.errors.items():
        results.append(bench.result(f"mae.{network}.{start}", error, "pose scales"))
        if start != SCRATCH:
            results.append(bench.result(
                f"gain.{network}.{start}", table.gain(network, start, options.seeds), "%"))
    return results


def domains_table(outcome: StudyOutcome) -> DomainsTable:
    """Gather the errors that were measured while training."""
    options = outcome.plan.options
    rows: list[dict[str, Any]] = [
        {"network": training.network, "start": training.start, "seed": training.seed,
         "epoch": row["epoch"], **{name: row.get(f"mae_{name}") for name in options.tested}}
        for training, result in outcome.results.items()
        for row in result["curves"] if f"mae_{REAL}" in row
    ]
    last = [row for row in rows if row["epoch"] == options.epochs]
    return DomainsTable(rows, {
        (network, start, name): _mean_of_seeds(
            last, name, options.seeds, network=network, start=start)
        for network in options.networks for start in options.starts for name in options.tested})


def domains_results(table: DomainsTable) -> list[bench.Result]:
    """Return mae.NETWORK.START.DOMAIN."""
    return [bench.result(f"mae.{network}.{start}.{name}", error, "pose scales")
            for (network, start, name), error in table.final.items()]


def emotion_table(outcome: StudyOutcome) -> EmotionTable:
    """Gather the scores on every domain."""
    options = outcome.plan.options
    rows: list[dict[str, Any]] = [
        {"network": training.network, "start": training.start, "seed": training.seed,
         "domain": name,
         **{score: scores[kind][figure] for score, kind, figure in zip(
             SCORES, ("window", "window", "clip", "clip"), ("accuracy", "macro_f1") * 2,
             strict=True)}}
        for training, result in outcome.results.items()
        for name, scores in result["recognition"].items()
    ]
    return EmotionTable(rows, {
        (network, start, name, score): _mean_of_seeds(
            rows, score, options.seeds, network=network, start=start, domain=name)
        for network in options.networks for start in options.starts
        for name in options.tested for score in SCORES})


def emotion_results(outcome: StudyOutcome, table: EmotionTable) -> list[bench.Result]:
    """Return accuracy.NETWORK.START.DOMAIN of windows, then accuracy and macro_f1 .clips."""
    options, results = outcome.plan.options, []
    for name in options.tested:
        for start in options.starts:
            results += [
                bench.result(f"accuracy.{network}.{start}.{name}",
                             table.means[network, start, name, "accuracy_windows"], "share")
                for network in options.networks]
            results += [
                bench.result(f"{figure}.{network}.{start}.{name}.clips",
                             table.means[network, start, name, f"{figure}_clips"], "share")
                for network in options.networks for figure in ("accuracy", "macro_f1")]
    return results


def _error(outcome: StudyOutcome, training: StudyTraining) -> float | None:
    result = outcome.results.get(training)
    return None if result is None else result["mae"][REAL]


def _mean_of_seeds(
    rows: Iterable[Mapping[str, Any]], column: str, seeds: int, **key: str
) -> float | None:
    """Return the mean of a column over the rows with a key; None unless every seed has one."""
    found = [row[column] for row in rows if all(row[name] == value for name, value in key.items())]
    return mean(found) if len(found) == seeds else None
