"""What an epoch is made of: steps of B windows as tensors, the same for the same seed.

Windows that were cut beforehand all come once in every epoch, in random order, as in the paper.
Clips are drawn from anew: anywhere in them, in their plane or through random cameras, and faster or
slower if asked. Clips of one epoch are ``config.windows`` windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from kinesics_core.dataset.clips import Clip
from kinesics_core.errors import KinesicsError
from kinesics_core.motion import windows
from kinesics_core.motion.training import samples
from kinesics_core.motion.training.samples import Samples
from kinesics_core.motion.training.views import Faults
from kinesics_core.motion.windows import HORIZON, OBSERVED, Normalisation

LENGTH = OBSERVED + HORIZON
_DETECTOR = Faults()


class Batch(NamedTuple):
    """B windows on the network's device.

    observed: (B, 60, F) and future: (B, H, F), normalised.
    weight: (B, H, F) or (B, 1, F), 0 where the truth is unknown; None if it is known everywhere.
    target: (B,) class of each, -1 for unknown; None without classes.
    """

    observed: Tensor
    future: Tensor
    weight: Tensor | None
    target: Tensor | None


class Feed(Protocol):
    """Gives the batches of an epoch; ``len`` of them. features: numbers in a frame."""

    features: int

    def __len__(self) -> int: ...

    def epoch(self, rng: np.random.Generator) -> Iterator[Batch]: ...


class CutFeed:
    """Every window once an epoch. A last batch of a single window is left out: batch
    normalisation cannot use it."""

    def __init__(
        self, cut: Samples, target: np.ndarray | None, batch: int, device: torch.device
    ) -> None:
        self.features, self.batch = cut.observed.shape[-1], batch
        self.all = as_batch(cut, target, device)

    def __len__(self) -> int:
        whole, rest = divmod(len(self.all.observed), self.batch)
        return whole + (rest > 1 or (whole == 0 and rest == 1))

    def epoch(self, rng: np.random.Generator) -> Iterator[Batch]:
        order = torch.from_numpy(rng.permutation(len(self.all.observed)))
        order = order.to(self.all.observed.device)
        for step in range(len(self)):
            rows = order[step * self.batch:(step + 1) * self.batch]
            yield Batch(*(None if part is None else part[rows] for part in self.all))  # type: ignore[arg-type]


class PlaneFeed:
    """Windows anywhere in the clips' plane, played at up to ``warp`` (a share) faster or slower."""

    def __init__(
        self, clips: Sequence[Clip], target: np.ndarray | None, how: Normalisation, batch: int,
        count: int, warp: float, device: torch.device,
    ) -> None:
        planes = [samples.plane(clip) for clip in clips]
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
        self.how, self.batch, self.count, self.warp, self.device = how, batch, count, warp, device

    def __len__(self) -> int:
        return max(self.count // self.batch, 1)

    def epoch(self, rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(len(self)):
            which = rng.integers(0, len(self.start), self.batch)
            cut, kept = self._samples(self._play(rng, which))
            target = None if self.target is None else self.target[which[kept]]
            yield as_batch(cut, target, self.device)

    def _play(self, rng: np.random.Generator, which: np.ndarray) -> np.ndarray:
        """(B, 90, K, 2); a window that would outrun its clip is played at its own speed."""
        steps = np.arange(LENGTH)
        if not self.warp:
            return self.frames[self.start[which, None] + steps]
        limit = np.log1p(self.warp)
        speed = np.exp(rng.uniform(-limit, limit, len(which)))
        start, last = self.start[which], self.last[which]
        speed = np.where(start + speed * (LENGTH - 1) > last, 1.0, speed)
        times = start[:, None] + speed[:, None] * steps
        low = times.astype(np.int64)
        share = (times - low)[..., None, None].astype(np.float32)
        high = np.minimum(low + 1, last[:, None])
        return self.frames[low] * (1 - share) + self.frames[high] * share

    def _samples(self, played: np.ndarray) -> tuple[Samples, np.ndarray]:
        """Normalised, and which of the windows are left: one without a keypoint is not."""
        if self.complete and self.how == "per_frame":
            flat = played.reshape(len(played), LENGTH, -1)
            return Samples(flat[:, :OBSERVED], flat[:, OBSERVED:]), np.arange(len(flat))
        cut = samples.complete(played)
        return samples.encode(cut, self.how), cut.clip


class CameraFeed:
    """Windows through random cameras and a faulty detector."""

    def __init__(
        self, clips: Sequence[Clip], target: np.ndarray | None, how: Normalisation, batch: int,
        count: int, device: torch.device,
    ) -> None:
        samples.require_random_views(clips)
        self.clips, kept = samples.at_window_rate(clips)
        self.target = None if target is None else target[kept]
        self.chance = samples.source_weights(self.clips)
        self.features = 2 * windows.KEYPOINTS
        self.how, self.batch, self.count, self.device = how, batch, count, device

    def __len__(self) -> int:
        return max(self.count // self.batch, 1)

    def epoch(self, rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(len(self)):
            yield self.draw(rng, self.batch)

    def draw(self, rng: np.random.Generator, count: int) -> Batch:
        """``count`` windows at once."""
        drawn = samples.make_batch(
            rng, self.clips, count, self.how, _DETECTOR, chance=self.chance)
        target = None if self.target is None else self.target[drawn.clip]
        return as_batch(
            Samples(drawn.observed, drawn.future, drawn.counts[:, None]), target, self.device)


def as_batch(cut: Samples, target: np.ndarray | None, device: torch.device) -> Batch:
    """All of it as one batch."""
    def tensor(array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(device)

    return Batch(
        tensor(cut.observed), tensor(cut.future),
        None if cut.weight is None else tensor(cut.weight),
        None if target is None else tensor(target))


def mirror_half(batch: Batch, flip: Tensor, rng: np.random.Generator) -> Batch:
    """Exchange left and right in half of the windows. flip: (K,) from ``skeletons.mirrored``."""
    chosen = torch.from_numpy(rng.random(len(batch.observed)) < 0.5).to(batch.observed.device)
    order = torch.stack([2 * flip, 2 * flip + 1], dim=1).flatten()               # (F,)
    sign = torch.tensor([-1.0, 1.0], device=order.device).repeat(len(flip))

    def turn(values: Tensor, sign: Tensor | None) -> Tensor:
        other = values[..., order] if sign is None else values[..., order] * sign
        return torch.where(chosen[:, None, None], other, values)

    return batch._replace(
        observed=turn(batch.observed, sign), future=turn(batch.future, sign),
        weight=None if batch.weight is None else turn(batch.weight, None))
