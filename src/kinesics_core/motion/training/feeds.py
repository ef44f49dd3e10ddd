"""Feeds: the batches of an epoch as tensors, the same for the same seed.

Windows that were cut beforehand all come once in every epoch, in random order, as in the paper.
Clips are drawn from anew: anywhere in them, in their plane or through random cameras, and faster or
slower if asked. Clips of one epoch are ``config.windows`` windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.motion import windows
from kinesics_core.motion.training import camera_windows, losses, windowing
from kinesics_core.motion.training.camera_augmentation import (
    OFTEN_EXACT,
    Augmentation,
    DetectorNoise,
)
from kinesics_core.motion.training.config import RATIOS, TrainingConfig
from kinesics_core.motion.training.windowing import CutWindows, WindowBatch
from kinesics_core.motion.windows import HORIZON, OBSERVED, Normalisation

LENGTH = OBSERVED + HORIZON
WINDOWS = 7000
"""Windows of an epoch through random cameras, where the config does not say how many."""
VALIDATION_STEP = 15
VALIDATION_WINDOWS = 2000
"""Drawn of clips for random views; cut clips are validated on a window every half second."""
WIDE_SPEEDS = (0.65, 1.5)
"""Speeds at which windows are played where cameras are wide."""
STILL_WINDOWS = 600
"""Windows of a source by which standing still is judged."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Motion to learn from or to be judged by, with its labels.

    Attributes:
        motion: Windows already cut, or clips, which are treated as the config says.
        targets: (N,) int64, the class of each window or clip, -1 for unknown (see
            ``labels.targets``); None without classes.
    """

    motion: CutWindows | Sequence[Clip]
    targets: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.targets is not None and len(self.targets) != len(self.motion):
            what = "windows" if isinstance(self.motion, CutWindows) else "clips"
            raise KinesicsError(
                f"Got {len(self.targets)} targets for {len(self.motion)} {what}; wanted one for"
                " each.")


class Feed(Protocol):
    """Source of the batches of an epoch; ``len`` of them.

    Attributes:
        features: Numbers in a frame.
    """

    features: int

    def __len__(self) -> int: ...

    def epoch(self, rng: np.random.Generator) -> Iterator[WindowBatch[Tensor]]:
        """Yield the batches of an epoch."""
        ...


def open_feed(config: TrainingConfig, examples: Examples, device: torch.device) -> Feed:
    """Return the feed that a config asks for.

    Raises:
        KinesicsError: The motion cannot be used so.
    """
    motion, targets = examples.motion, examples.targets
    if isinstance(motion, CutWindows):
        return CutFeed(
            windowing.encode(motion, config.normalisation, targets), config.batch, device)
    if config.view == "random":
        return CameraFeed(motion, targets, views_of(config), device)
    if config.windows:
        return PlaneFeed(motion, targets, config.normalisation,
                         Draws(config.batch, config.windows, config.warp), device)
    pieces = windowing.cut_windows(motion, config.step, partial=targets is not None)
    return CutFeed(_encode(pieces, config.normalisation, targets), config.batch, device)


def held_out(
    config: TrainingConfig, examples: Examples, seed: tuple[int, ...], count: int | None = None,
) -> WindowBatch[np.ndarray]:
    """Return windows to judge a network by.

    Args:
        config: How clips are seen and normalised.
        examples: Windows, or clips: a window every half second, or drawn through random cameras.
        seed: Of the windows drawn through random cameras.
        count: How many are drawn; default ``VALIDATION_WINDOWS``.
    """
    motion, targets = examples.motion, examples.targets
    if isinstance(motion, CutWindows):
        return windowing.encode(motion, config.normalisation, targets)
    if config.view == "random":
        feed = CameraFeed(motion, targets, views_of(config), torch.device("cpu"))
        return feed.draw(np.random.default_rng(seed), count or VALIDATION_WINDOWS)
    cut = windowing.cut_windows(motion, VALIDATION_STEP, partial=targets is not None)
    return _encode(cut, config.normalisation, targets)


class CutFeed:
    """Feed of every window once an epoch.

    A last batch of a single window is left out: batch normalisation cannot use it.
    """

    def __init__(
        self, windows: WindowBatch[np.ndarray], batch: int, device: torch.device
    ) -> None:
        self.features, self.batch = windows.observed.shape[-1], batch
        self.all = on_device(windows, device)

    def __len__(self) -> int:
        whole, rest = divmod(len(self.all.observed), self.batch)
        return whole + (rest > 1 or (whole == 0 and rest == 1))

    def epoch(self, rng: np.random.Generator) -> Iterator[WindowBatch[Tensor]]:
        """Yield the batches of an epoch."""
        order = torch.from_numpy(rng.permutation(len(self.all.observed)))
        order = order.to(self.all.observed.device)
        for step in range(len(self)):
            yield self.all.take(order[step * self.batch:(step + 1) * self.batch])


@dataclass(frozen=True, slots=True)
class Draws:
    """Size of an epoch of drawn windows.

    Attributes:
        batch: Windows in a step.
        count: Windows in an epoch.
        warp: Windows are played up to this share faster or slower.
    """

    batch: int
    count: int
    warp: float = 0.0

    def __len__(self) -> int:
        return max(self.count // self.batch, 1)


class PlaneFeed:
    """Feed of windows anywhere in the clips' plane."""

    def __init__(
        self, clips: Sequence[Clip], target: np.ndarray | None, how: Normalisation, draws: Draws,
        device: torch.device,
    ) -> None:
        planes = [windowing.plane(clip) for clip in clips]
        long = [index for index, plane in enumerate(planes) if len(plane) >= LENGTH]
        if not long:
            raise KinesicsError(
                f"None of {len(clips)} clips has {LENGTH} frames at 30 Hz; nothing to learn from."
                " Give longer clips.")
        lengths = np.array([len(planes[index]) for index in long])
        ends = np.cumsum(lengths)
        self.frames = np.concatenate([planes[index] for index in long])
        self.features = 2 * self.frames.shape[1]
        self.complete = bool(np.isfinite(self.frames).all())
        if self.complete and how == "per_frame":
            self.frames = windows.normalise(self.frames)[0]
        starts = [np.arange(end - length, end - LENGTH + 1)
                  for end, length in zip(ends, lengths, strict=True)]
        self.start = np.concatenate(starts)
        own = np.repeat(np.arange(len(long)), [len(part) for part in starts])
        self.last = ends[own] - 1
        self.target = None if target is None else target[np.array(long)][own]
        self.how, self.draws, self.device = how, draws, device

    def __len__(self) -> int:
        return len(self.draws)

    def epoch(self, rng: np.random.Generator) -> Iterator[WindowBatch[Tensor]]:
        """Yield the batches of an epoch."""
        for _ in range(len(self)):
            which = rng.integers(0, len(self.start), self.draws.batch)
            target = None if self.target is None else self.target[which]
            yield on_device(self._normalised(self._play(rng, which), target), self.device)

    def _play(self, rng: np.random.Generator, which: np.ndarray) -> np.ndarray:
        """Return (B, 90, K, 2); a window that would outrun its clip has its own speed."""
        steps = np.arange(LENGTH)
        if not self.draws.warp:
            return self.frames[self.start[which, None] + steps]
        limit = np.log1p(self.draws.warp)
        speed = np.exp(rng.uniform(-limit, limit, len(which)))
        start, last = self.start[which], self.last[which]
        speed = np.where(start + speed * (LENGTH - 1) > last, 1.0, speed)
        times = start[:, None] + speed[:, None] * steps
        low = times.astype(np.int64)
        share = (times - low)[..., None, None].astype(np.float32)
        high = np.minimum(low + 1, last[:, None])
        return self.frames[low] * (1 - share) + self.frames[high] * share

    def _normalised(
        self, played: np.ndarray, target: np.ndarray | None
    ) -> WindowBatch[np.ndarray]:
        """Normalise windows (B, 90, K, 2); those without a keypoint are left out."""
        if self.complete and self.how == "per_frame":
            flat = played.reshape(len(played), LENGTH, -1)
            return WindowBatch(flat[:, :OBSERVED], flat[:, OBSERVED:], None, target)
        return _encode(windowing.complete(played), self.how, target)


@dataclass(frozen=True, slots=True)
class Views:
    """Views through random cameras, and how many windows are drawn.

    Attributes:
        draws: Size of an epoch.
        how: Normalisation.
        kinds: Shares of the windows, and how what is seen differs there from the recordings.
        noise: How the detector errs.
        balance: Exponent of a source's length, see ``camera_windows.clip_chances``.
        reuse: Passes over the same windows in an epoch.
        still: Say of each window how far off standing still is in its source.
    """

    draws: Draws
    how: Normalisation
    kinds: tuple[tuple[float, Augmentation], ...] = ((1.0, Augmentation()),)
    noise: DetectorNoise = DetectorNoise()
    balance: float = 0.5
    reuse: int = 1
    still: bool = False


def views_of(config: TrainingConfig) -> Views:
    """Return the random views that a config asks for."""
    wide = config.cameras == "wide"
    augmentation = Augmentation(
        speeds=WIDE_SPEEDS if wide else Augmentation().speeds, proportions=config.proportions,
        wide=wide, level=config.level)
    kinds = ((1.0 - config.quiet - config.pinned, augmentation),
             (config.quiet, replace(augmentation, quiet=True)),
             (config.pinned, replace(augmentation, pinned=True)))
    return Views(
        Draws(config.batch, config.windows or WINDOWS), config.normalisation,
        tuple(kind for kind in kinds if kind[0] > 0),
        OFTEN_EXACT if wide and not config.level else DetectorNoise(), config.balance,
        config.reuse, config.loss in RATIOS)


class CameraFeed:
    """Feed of windows through random cameras and a noisy detector."""

    def __init__(
        self, clips: Sequence[Clip], target: np.ndarray | None, views: Views,
        device: torch.device,
    ) -> None:
        camera_windows.require_three_dimensions(clips)
        self.clips, kept = camera_windows.at_window_rate(clips)
        self.target = None if target is None else target[kept]
        self.chance = camera_windows.clip_chances(self.clips, views.balance)
        self.features = 2 * windows.KEYPOINTS
        self.views, self.device = views, device
        self.still = self._standing_still() if views.still else None

    def __len__(self) -> int:
        if self.views.reuse == 1:
            return len(self.views.draws)
        return self.views.reuse * self._steps_of_a_pass()

    def epoch(self, rng: np.random.Generator) -> Iterator[WindowBatch[Tensor]]:
        """Yield the batches of an epoch."""
        batch = self.views.draws.batch
        if self.views.reuse == 1:
            for _ in range(len(self)):
                yield on_device(self.draw(rng, batch), self.device)
            return
        steps = self._steps_of_a_pass()
        drawn = on_device(_joined([self.draw(rng, batch) for _ in range(steps)]), self.device)
        for _ in range(self.views.reuse):
            order = torch.from_numpy(rng.permutation(steps * batch)).to(self.device)
            for step in range(steps):
                yield drawn.take(order[step * batch:(step + 1) * batch])

    def draw(self, rng: np.random.Generator, count: int) -> WindowBatch[np.ndarray]:
        """Draw ``count`` windows at once, those of a kind one after the other."""
        counts = rng.multinomial(count, [share for share, _ in self.views.kinds])
        return _joined([self._draw(rng, int(own), kind)
                        for kind, own in enumerate(counts) if own])

    def _draw(self, rng: np.random.Generator, count: int, kind: int) -> WindowBatch[np.ndarray]:
        cut = camera_windows.draw_windows(
            rng, self.clips, count, self.views.noise, chance=self.chance,
            augmentation=self.views.kinds[kind][1])
        batch = _encode(cut, self.views.how, self.target)
        return batch if self.still is None else replace(batch, still=self.still[kind, cut.clip])

    def _standing_still(self) -> np.ndarray:
        """Return (kinds, clips, 2, H) float32, standing still's mean errors in clips' sources."""
        sources = np.array([clip.source for clip in self.clips])
        still = np.empty((len(self.views.kinds), len(sources), 2, HORIZON), np.float32)
        for source in np.unique(sources):
            own = np.flatnonzero(sources == source)
            for kind, (_, augmentation) in enumerate(self.views.kinds):
                cut = camera_windows.draw_windows(
                    np.random.default_rng(0), [self.clips[row] for row in own], STILL_WINDOWS,
                    self.views.noise, augmentation=augmentation)
                still[kind, own] = losses.standing_still(on_device(
                    _encode(cut, self.views.how, None), torch.device("cpu")))
        return still

    def _steps_of_a_pass(self) -> int:
        return max(len(self.views.draws) // self.views.reuse, 1)


def _joined(parts: Sequence[WindowBatch[np.ndarray]]) -> WindowBatch[np.ndarray]:
    """Return the windows of several batches as one."""
    def whole(values: list[np.ndarray | None]) -> np.ndarray | None:
        present = [value for value in values if value is not None]
        return np.concatenate(present) if present else None

    return WindowBatch(
        np.concatenate([part.observed for part in parts]),
        np.concatenate([part.future for part in parts]),
        whole([part.weight for part in parts]), whole([part.target for part in parts]),
        whole([part.still for part in parts]))


def on_device(batch: WindowBatch[np.ndarray], device: torch.device) -> WindowBatch[Tensor]:
    """Return a batch as tensors on a device."""
    def tensor(array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(device)

    return WindowBatch(
        tensor(batch.observed), tensor(batch.future),
        None if batch.weight is None else tensor(batch.weight),
        None if batch.target is None else tensor(batch.target),
        None if batch.still is None else tensor(batch.still))


def mirror_half(
    batch: WindowBatch[Tensor], flip: Tensor, rng: np.random.Generator
) -> WindowBatch[Tensor]:
    """Exchange left and right in half of the windows.

    Args:
        batch: B windows.
        flip: (K,) index of each mirrored keypoint, from ``skeletons.mirrored``.
        rng: Chooses the half.
    """
    chosen = torch.from_numpy(rng.random(len(batch.observed)) < 0.5).to(batch.observed.device)
    order = torch.stack([2 * flip, 2 * flip + 1], dim=1).flatten()               # (F,)
    sign = torch.tensor([-1.0, 1.0], device=order.device).repeat(len(flip))

    def turn(values: Tensor, sign: Tensor | None) -> Tensor:
        other = values[..., order] if sign is None else values[..., order] * sign
        return torch.where(chosen[:, None, None], other, values)

    return replace(
        batch, observed=turn(batch.observed, sign), future=turn(batch.future, sign),
        weight=None if batch.weight is None else turn(batch.weight, None))


def _encode(
    cut: CutWindows, how: Normalisation, targets: np.ndarray | None
) -> WindowBatch[np.ndarray]:
    """Normalise windows, with the class of the clip (or row) that each is cut from."""
    return windowing.encode(cut, how, None if targets is None else targets[cut.clip])
