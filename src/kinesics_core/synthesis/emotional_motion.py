"""Emotional whole-body motion out of nothing, and emotional restyling of motion that is there.

Stands in for the text-to-motion model with which Costea, Marcu, Lazar & Leordeanu
(arXiv 2603.01804, section 2.3) pretrain: clips of 10 s, COCO-17 in metres at 30 Hz, labelled with
the emotion that moved the body and its valence, arousal and dominance (VAD).

From the emotion to the keypoints: ``emotions`` (what moves a body), ``characters`` (who is moved,
how strongly), ``style`` (what that does to movement, with the studies it follows),
``improvisation`` (what is done when, from the ``repertoire`` of ``motion_primitives`` and
``body.gestures``, written by a ``performer`` into a ``score``), ``walking`` and ``footwork`` (where
the feet are), ``posing`` (score and feet to a body). ``restyling`` does it to recorded clips.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kinesics_core.dataset.clips import Clip, Info, Writer
from kinesics_core.dataset.resampling import resample
from kinesics_core.errors import KinesicsError
from kinesics_core.motion.windows import HORIZON, OBSERVED, RATE
from kinesics_core.skeletons import COCO17_FLIP
from kinesics_core.synthesis.characters import Performance, draw_performance, random_character
from kinesics_core.synthesis.emotions import KNOWN, Emotion
from kinesics_core.synthesis.improvisation import CONTENTS, content_odds, improvise
from kinesics_core.synthesis.restyling import Recording, back_and_forth, restyle

STEP = 15
"""Frames between the windows that a tier counts: half a second."""

FRAMES = 300
"""Frames of a generated clip, 10 s: 15 windows of 90 frames at ``STEP``."""

TIERS = {"9k": 9_000, "45k": 45_000, "90k": 90_000}
"""Windows of each tier."""

_RESTYLED = 0.5  # share of clips that are made from recordings when there are any
_LONG = 5.5  # seconds of a recording that is played through: 90 frames even at the fastest tempo
_CLIPS_PER_CHARACTER = 4  # of each emotion

# Streams of random numbers of a clip, so that a choice added to one leaves the others alone.
_CHOICE, _CHARACTER, _PERFORMANCE = 1, 2, 3


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """A clip that is yet to be made: cheap to list, so that those made already can be skipped.

    Attributes:
        name: Of the clip.
        frames: At 30 Hz.
        emotion: What moves the body.
        index: Number of the clip.
        seed: Of the dataset; with ``index`` it decides everything.
        recording: What is restyled; None: improvised.
    """

    name: str
    frames: int
    emotion: Emotion
    index: int
    seed: int
    recording: Recording | None = None

    @property
    def windows(self) -> int:
        """Number of windows in the clip."""
        return windows_in(self.frames)


def windows_in(frames: int) -> int:
    """Return how many windows of 90 frames, ``STEP`` apart, fit into a clip at 30 Hz."""
    return max(0, (frames - OBSERVED - HORIZON) // STEP + 1)


def plan_clips(
    windows: int, emotions: Sequence[Emotion], seed: int, recordings: Sequence[Recording] = (),
) -> list[ClipPlan]:
    """Plan clips of at least ``windows`` windows in all, emotions in turn.

    A plan depends on the seed and its number alone, so fewer windows are a prefix of more.

    Args:
        windows: At least 1.
        emotions: To be shown.
        seed: Of the dataset.
        recordings: As ``usable_recordings`` returns them; half of the clips are made from them.

    Raises:
        KinesicsError: No window is wanted.
    """
    if windows < 1:
        raise KinesicsError(f"Got {windows} windows; wanted at least 1.")
    found: list[ClipPlan] = []
    total = 0
    while total < windows:
        index = len(found)
        emotion = emotions[index % len(emotions)]
        name = f"{index:06d}_{emotion.name.replace(' ', '_')}"
        plan = ClipPlan(name, FRAMES, emotion, index, seed)
        rng = np.random.default_rng((seed, index, _CHOICE))
        if recordings and rng.random() < _RESTYLED:
            recording = recordings[int(rng.integers(len(recordings)))]
            plan = replace(plan, recording=recording)
            if recording.seconds >= _LONG:
                frames = int(recording.seconds * RATE / _performance(plan).style.tempo)
                plan = replace(plan, frames=min(FRAMES, frames))
        found.append(plan)
        total += plan.windows
    return found


def make(plan: ClipPlan) -> Clip:
    """Return the clip of a plan; the same for the same seed on the same machine."""
    performance = _performance(plan)
    rng, vad = performance.rng, performance.vad
    labels = {
        "emotion": plan.emotion.name,
        **{name: f"{round(value, 2) + 0.0:.2f}" for name, value in
           zip(("valence", "arousal", "dominance"), vad, strict=True)},
        "intensity": f"{performance.intensity:.2f}",
    }
    if plan.recording is not None:
        return _restyled(plan, plan.recording, performance, labels)
    content = str(rng.choice(CONTENTS, p=content_odds(vad)))
    keypoints = improvise(performance, content, plan.frames)
    labels |= {"content": content, "person": performance.character.name}
    return Clip(plan.name, "kinesics", plan.name, RATE, keypoints.astype(np.float32), labels)


def synthesise(path: str | Path, planned: Iterable[ClipPlan], info: Info) -> None:
    """Write the clips of ``planned`` to a dataset, going on where an earlier run was killed."""
    with Writer(path, info) as writer:
        for plan in planned:
            if not writer.has(plan.name):
                writer.add(make(plan))


def _restyled(
    plan: ClipPlan, recording: Recording, performance: Performance, labels: dict[str, str]
) -> Clip:
    rng, style = performance.rng, performance.style
    dataset, number, _ = recording
    clip = dataset[number]
    keypoints = resample(clip.keypoints, clip.rate * style.tempo, RATE)
    if len(keypoints) < plan.frames:
        keypoints = back_and_forth(rng, keypoints, plan.frames)
    start = int(rng.integers(len(keypoints) - plan.frames + 1))
    keypoints = restyle(keypoints[start:start + plan.frames], style)
    if rng.random() < 0.5:
        keypoints = keypoints[:, list(COCO17_FLIP)] * (-1.0, 1.0, 1.0)
    group = f"{dataset.info.name}/{clip.group}"
    labels |= {"content": "restyled", "person": group}
    return Clip(plan.name, clip.source, group, RATE, keypoints.astype(np.float32), labels)


def _performance(plan: ClipPlan) -> Performance:
    """Return who performs a plan and how; the same every time."""
    number = plan.index // (_CLIPS_PER_CHARACTER * len(KNOWN))
    character = random_character(
        np.random.default_rng((plan.seed, number, _CHARACTER)), f"{number:04d}")
    rng = np.random.default_rng((plan.seed, plan.index, _PERFORMANCE))
    return draw_performance(character, plan.emotion, rng)
