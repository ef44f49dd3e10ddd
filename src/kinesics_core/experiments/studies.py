"""The paper's three studies (arXiv 2603.01804, section 3), on anybody's recordings: the trainings.

``pretraining``  by how much training on synthetic motion first lowers the error on real motion, by
                 network and by how much synthetic motion there was (3.1, figure 1).
``domains``      the error on real motion and on other domains every 10 epochs, of networks trained
                 from scratch and of pretrained ones (3.2, figure 3).
``emotion``      recognition on each domain, from scratch and pretrained (3.2, table 2).

All train with the paper's recipe on the same split by clip; seeds differ in weights and order.
Every training is a job whose result is kept, so that a study that was killed goes on. Pretrained
weights are shared by the three if they have one folder. ``study_tables`` makes the figures of what
is found here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any

from kinesics_core.dataset.clips import Dataset
from kinesics_core.errors import KinesicsError
from kinesics_core.experiments import fingerprints, paper, study_jobs
from kinesics_core.experiments.dataset_split import (
    DatasetSplit,
    WindowSettings,
    split_dataset,
)
from kinesics_core.experiments.options import StudyOptions
from kinesics_core.experiments.study_jobs import FinetuneInputs, PretrainInputs
from kinesics_core.jobs import local as jobs
from kinesics_core.jobs.local import NO_HOOKS, Job, JobHooks, Outcome
from kinesics_core.motion.training.config import TrainingConfig, recipe


class Study(Enum):
    """The three studies, by the name of their command and files."""

    PRETRAINING = "pretraining"
    DOMAINS = "domains"
    EMOTION = "emotion"


@dataclass(frozen=True, slots=True)
class StudyTraining:
    """Key of one training.

    Attributes:
        network: What is trained.
        start: ``SCRATCH``, or the tier of synthetic motion that it is (or was) trained on first.
        seed: Of weights and order.
    """

    network: str
    start: str
    seed: int


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A study before it is run.

    Attributes:
        study: Which one.
        options: What was asked for.
        data_name: Name of the real recordings.
        split: How they are divided.
    """

    study: Study
    options: StudyOptions
    data_name: str
    split: DatasetSplit

    @property
    def trainings(self) -> dict[str, TrainingConfig]:
        """Settings of the training on real recordings, by network, of the first seed."""
        return {network: _config(self.options, network, 0, self.options.epochs)
                for network in self.options.networks}


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """Outcome of a study.

    Attributes:
        plan: What was run.
        results: Result of each training on real recordings that did not fail.
        failed: What went wrong, by the name of the job.
    """

    plan: StudyPlan
    results: Mapping[StudyTraining, Mapping[str, Any]]
    failed: dict[str, str]


def plan_study(study: Study, options: StudyOptions) -> StudyPlan:
    """Divide the real recordings.

    Raises:
        KinesicsError: A dataset cannot be used so.
    """
    if study is Study.EMOTION and options.label is None:
        raise KinesicsError("Got no label to recognise; say which with --label.")
    dataset = Dataset(options.data)
    split = split_dataset(dataset, WindowSettings(label=options.label, step=options.step))
    for path in (*options.pretrain, *options.domains.values()):
        found = Dataset(path).info.keypoints
        if found != dataset.info.keypoints:
            raise KinesicsError(
                f"{path} has {len(found)} keypoints ({found[0]}, ...), {options.data}"
                f" {len(dataset.info.keypoints)} ({dataset.info.keypoints[0]}, ...); wanted the"
                " same in the same order.")
    return StudyPlan(study, options, dataset.info.name, split)


def run_study(plan: StudyPlan, hooks: JobHooks = NO_HOOKS) -> StudyOutcome:
    """Do the trainings that were not done before: first on synthetic motion, then on real."""
    options, folder = plan.options, plan.options.out / "results"
    first = _pretraining_jobs(options)
    for job in first.values():
        if not job.inputs.weights.exists():
            (folder / job.file).unlink(missing_ok=True)
    processes = options.processes
    pretrained = _outcomes(first, jobs.run(
        list(first.values()), folder, processes=processes, hooks=hooks))
    second = _finetuning_jobs(plan, pretrained)
    trained = _outcomes(second, jobs.run(
        list(second.values()), folder, processes=processes, hooks=hooks))
    return StudyOutcome(
        plan, {key: outcome.result for key, outcome in trained.items()
               if outcome.result is not None},
        {outcome.job.name: outcome.error for outcome in (*pretrained.values(), *trained.values())
         if outcome.result is None})


def _pretraining_jobs(options: StudyOptions) -> dict[StudyTraining, Job]:
    tiers = {path.name: (path, fingerprints.of_dataset(path), _shared_label(path, options.label))
             for path in options.pretrain}
    planned = {}
    for seed in range(options.seeds):
        for network in options.networks:
            for tier, (path, digest, label) in tiers.items():
                config = _config(options, network, seed, options.pretrain_epochs)
                job = Job(f"{network} on {tier}, seed {seed}", study_jobs.pretrain, {
                    "data": digest, "step": options.step, "label": label,
                    "config": asdict(config), "code": fingerprints.of_training(network)})
                weights = options.out / "pretrained" / (Path(job.file).stem + ".pt")
                planned[StudyTraining(network, tier, seed)] = replace(
                    job, inputs=PretrainInputs(path, weights))
    return planned


def _finetuning_jobs(
    plan: StudyPlan, pretrained: Mapping[StudyTraining, Outcome]
) -> dict[StudyTraining, Job]:
    """Plan the trainings from scratch, and those whose pretraining did not fail."""
    options = plan.options
    data = fingerprints.of_dataset(options.data)
    others = {name: fingerprints.of_dataset(path) for name, path in options.domains.items()}
    planned = {}
    for seed in range(options.seeds):
        for network in options.networks:
            for start in options.starts:
                key = StudyTraining(network, start, seed)
                before = pretrained.get(key)
                if before is not None and before.result is None:
                    continue
                config = _config(options, network, seed, options.epochs)
                settings = {
                    "data": data, "step": options.step, "label": options.label,
                    "config": asdict(config), "start": before.job.file if before else None,
                    "domains": others, "measured": plan.study is Study.DOMAINS,
                    "recognising": plan.study is Study.EMOTION,
                    "code": fingerprints.of_training(network)}
                name = f"{network} {'after' if before else 'from'} {start}, seed {seed}"
                planned[key] = Job(name, study_jobs.finetune, settings, FinetuneInputs(
                    options.data, plan.split.folds[0], options.domains,
                    before.job.inputs.weights if before else None))
    return planned


def _outcomes(
    planned: Mapping[StudyTraining, Job], done: Sequence[Outcome]
) -> dict[StudyTraining, Outcome]:
    return dict(zip(planned, done, strict=True))


def _config(options: StudyOptions, network: str, seed: int, epochs: int) -> TrainingConfig:
    ours = network == paper.OURS
    config = recipe("ours" if ours else "paper", network=network, epochs=epochs, seed=seed,
                    step=options.step, residual=ours or options.residual)
    return replace(config, windows=0, warp=0.0)     # every cut window once an epoch, for all


def _shared_label(path: Path, label: str | None) -> str | None:
    """Return the label if a whole synthetic dataset has it; else only the forecast is learned."""
    if label is None:
        return None
    return label if all(label in clip.labels for clip in Dataset(path)) else None
