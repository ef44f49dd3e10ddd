"""Forecasting live: people as they are seen -> where their keypoints will be in the next second.

Each person has a buffer of the last two seconds of raw keypoints with their stamps. At every
update the buffer is resampled to 30 Hz backwards from the newest stamp, completed by the rule the
network was trained with (``windows.fill_missing``), and all people go through ONNX Runtime as one
batch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
import onnxruntime as ort

from kinesics_core import assets
from kinesics_core.errors import ModelError
from kinesics_core.motion import windows
from kinesics_core.motion.uncertainty import spread
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, OBSERVED, RATE
from kinesics_core.types import NANOSECONDS, MotionForecast, People

PROVIDERS = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider")
"""In order of preference; those this build of ONNX Runtime has are asked for."""

METADATA_PREFIX = "kinesics."
REQUIRED_METADATA = (
    "task", "name", "version", "normalisation", "rate", "spread_floor", "spread_gain", "licence",
    "data",
)

MIN_SCORE = 0.3
"""A keypoint with a lower score counts as not seen: detectors place hidden legs by guesswork."""

MARGIN = 0.1
"""A keypoint further outside the image than this share of its size counts as not seen."""

FIRST_FORECAST = 0.5
"""Seconds a person must have been followed."""

MAX_GAP = 0.15
"""Seconds between two sightings of a keypoint up to which what lies between counts as observed."""

FORGET_AFTER = 1.0
"""Seconds without a person, or between two stamps, after which the past says nothing."""

BLEND = 0.5
"""Default weight of the earlier forecast. On held-out clips with a detector's noise it takes 15 to
30 % of the frame-to-frame jitter away and 5 % of the error of people who stand, and adds 1 % to
that of people who move. It grows with the horizon because the near future is known best by the
newest forecast: an even weight would cost the first steps of moving people a fifth and more."""

_CAPACITY = 256
_GRID = np.arange(1 - OBSERVED, 1) / RATE


@dataclass(slots=True)
class _Track:
    """Raw samples of one person, oldest first, in the first ``count`` rows."""

    stamps: np.ndarray = field(default_factory=lambda: np.zeros(_CAPACITY, np.int64))
    poses: np.ndarray = field(
        default_factory=lambda: np.zeros((_CAPACITY, KEYPOINTS, 2), np.float32))
    seen: np.ndarray = field(default_factory=lambda: np.zeros((_CAPACITY, KEYPOINTS), bool))
    count: int = 0
    forecast: np.ndarray | None = None
    forecast_stamp: int = 0

    @property
    def newest(self) -> int:
        return int(self.stamps[self.count - 1])

    def add(self, stamp: int, pose: np.ndarray, seen: np.ndarray) -> None:
        if self.count and stamp == self.newest:
            self.count -= 1
        elif self.count and not 0 < stamp - self.newest <= FORGET_AFTER * NANOSECONDS:
            self.count, self.forecast = 0, None
        if self.count == _CAPACITY:  # above 128 Hz the window gets shorter, not the buffer longer
            keep = _CAPACITY // 2
            for array in (self.stamps, self.poses, self.seen):
                array[:keep] = array[-keep:].copy()
            self.count = keep
        self.stamps[self.count], self.poses[self.count] = stamp, pose
        self.seen[self.count] = seen
        self.count += 1

    def window(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """(60, 17, 2) poses at 30 Hz, which keypoints are known (17,), gaps (60, 17) seconds.

        None before there is enough to forecast from.
        """
        times = (self.stamps[:self.count] - self.newest) / NANOSECONDS
        if -times[0] < FIRST_FORECAST - 0.5 / RATE:
            return None
        start = max(int(np.searchsorted(times, _GRID[0], "right")) - 1, 0)
        rows = slice(start, self.count)
        if not self.seen[rows].any():
            return None
        poses, gaps = windows.resample(
            times[rows], self.poses[None, rows], self.seen[None, rows], _GRID)
        return poses[0], np.any(self.seen[rows], axis=0, keepdims=False), gaps[0]


class Forecaster:
    """Forecasts of everybody in view.

    model: an ONNX file made by ``motion.export``, or the name of a shipped one.
    providers: ONNX Runtime execution providers in order; default ``PROVIDERS``.
    blend: weight 0..1, at the last step, of the person's previous forecast of the same moments;
        the weight falls linearly to nothing at the first step. Overlapping predictions are so
        averaged with geometrically falling weights; 0 gives each network output as it is.
    Raises ModelError if the file is missing or is not a forecaster.
    """

    def __init__(
        self, model: str | Path = "forecast_lstm.onnx", providers: Sequence[str] | None = None,
        *, blend: float = BLEND,
    ) -> None:
        if not 0.0 <= blend < 1.0:
            raise ModelError(f"Got blend {blend}; wanted a weight from 0 up to, not including, 1.")
        path = _locate(model)
        self._session = _open(path, providers)
        self.metadata = _read_metadata(path, self._session)
        self.model = f"{self.metadata['name']} {self.metadata['version']}"
        self._normalisation = cast(windows.Normalisation, self.metadata["normalisation"])
        self._floor = np.array(json.loads(self.metadata["spread_floor"]))
        self._gain = np.array(json.loads(self.metadata["spread_gain"]))
        self._blend = blend
        self._tracks: dict[int, _Track] = {}
        self._size: tuple[int, int] | None = None

    @property
    def provider(self) -> str:
        """The execution provider in use."""
        return self._session.get_providers()[0]

    def warm_up(self) -> None:
        """Run once for each of the first batch sizes, so that no first person waits."""
        for persons in (1, 2, 4):
            self._infer(np.zeros((persons, OBSERVED, 2 * KEYPOINTS), np.float32))

    def reset(self) -> None:
        """Forget everybody."""
        self._tracks.clear()
        self._size = None

    def forget(self, person_id: int) -> None:
        """Forget one person; nothing happens if the id is unknown."""
        self._tracks.pop(person_id, None)

    def update(self, people: People) -> list[MotionForecast]:
        """Take what was seen in one image; forecast everybody in it who is known well enough.

        A person is forecast from half a second after the first sighting; the missing past is
        padded with the first pose and lowers ``confidence``. A change of the image's size forgets
        everybody; a stamp that jumps back, or ahead by more than a second, starts that person's
        buffer anew; who is absent for more than a second is forgotten.
        """
        size = (people.width, people.height)
        if size != self._size:
            self.reset()
            self._size = size
        for person in people.persons:
            pose, seen = _usable(person.coco, people.width, people.height)
            self._tracks.setdefault(person.id, _Track()).add(people.stamp, pose, seen)
        for person_id, track in list(self._tracks.items()):
            if not 0 <= people.stamp - track.newest <= FORGET_AFTER * NANOSECONDS:
                del self._tracks[person_id]

        ready = []
        for person in people.persons:
            window = self._tracks[person.id].window()
            if window is not None:
                ready.append((person.id, *window))
        if not ready:
            return []
        ids = [item[0] for item in ready]
        poses, known, gaps = (np.stack([item[i] for item in ready]) for i in (1, 2, 3))
        future, sigma = self._forecast(poses, known)
        confidence = (gaps <= MAX_GAP).mean(axis=(1, 2))
        return [
            MotionForecast(
                stamp=people.stamp, person_id=person_id, width=people.width, height=people.height,
                keypoints=self._blended(person_id, people.stamp, future[row]), dt=1.0 / RATE,
                spread=sigma[row], confidence=float(confidence[row]), model=self.model,
                frame_id=people.frame_id,
            )
            for row, person_id in enumerate(ids)
        ]

    def _forecast(self, poses: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(P, 60, 17, 2) pixels, (P, 17) -> future (P, 30, 17, 2) and 1 sigma (P, 30), pixels."""
        observed, centroid, scale = windows.encode(
            windows.place_unseen(poses, known), self._normalisation)
        flat = observed.reshape(len(poses), OBSERVED, -1).astype(np.float32)
        future = windows.decode(
            self._infer(flat).reshape(len(poses), HORIZON, KEYPOINTS, 2), centroid, scale)
        future = np.where(known[:, None, :, None], future, np.nan).astype(np.float32)
        counts = np.repeat(known, 2, axis=-1)
        sigma = spread(flat, counts, self._floor, self._gain) * scale[:, :, 0, 0]
        return future, sigma.astype(np.float32)

    def _infer(self, observed: np.ndarray) -> np.ndarray:
        """Batches are padded to powers of two: an accelerator sees few shapes, not one a crowd."""
        persons = len(observed)
        size = 1 << (persons - 1).bit_length()
        if size != persons:
            observed = np.concatenate(
                [observed, np.zeros((size - persons, *observed.shape[1:]), np.float32)])
        return self._session.run(None, {"observed": observed})[0][:persons]

    def _blended(self, person_id: int, stamp: int, future: np.ndarray) -> np.ndarray:
        track = self._tracks[person_id]
        earlier = track.forecast
        if self._blend and earlier is not None:
            # Step i of this forecast is step i + late of the earlier one.
            late = (stamp - track.forecast_stamp) / NANOSECONDS * RATE
            steps = np.arange(HORIZON) + late
            shared = steps <= HORIZON - 1 + 1e-3
            low = np.minimum(steps[shared].astype(int), HORIZON - 2)
            share = (steps[shared] - low)[:, None, None]
            old = earlier[low] * (1.0 - share) + earlier[low + 1] * share
            weight = self._blend * (np.flatnonzero(shared) + 1)[:, None, None] / HORIZON
            mixed = weight * old + (1.0 - weight) * future[shared]
            future = future.copy()
            future[shared] = np.where(np.isfinite(mixed), mixed, future[shared])
        track.forecast, track.forecast_stamp = future, stamp
        return future


def _usable(coco: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """COCO-17 with scores -> positions with nan as 0, and which of them are seen."""
    coco = np.asarray(coco, dtype=np.float32)
    finite = np.isfinite(coco).all(axis=-1)
    safe = np.where(finite[:, None], coco, 0.0)
    x, y, score = safe.T
    inside = ((x >= -MARGIN * width) & (x <= (1 + MARGIN) * width)
              & (y >= -MARGIN * height) & (y <= (1 + MARGIN) * height))
    return safe[:, :2], finite & inside & (score >= MIN_SCORE)


def _locate(model: str | Path) -> Path:
    path = Path(model)
    if path.is_file():
        return path
    if path.name == str(model):
        return assets.shipped(path.name)
    raise ModelError(f"There is no forecast model {path}; give an ONNX file that exists.")


def _open(path: Path, providers: Sequence[str] | None) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    available = ort.get_available_providers()
    wanted = [p for p in (PROVIDERS if providers is None else providers) if p in available]
    if not wanted:
        raise ModelError(
            f"None of the providers {', '.join(providers or PROVIDERS)} is in this build of ONNX"
            f" Runtime, which has {', '.join(available)}."
        )
    try:
        session = ort.InferenceSession(str(path), options, providers=wanted)
    except Exception as error:  # ONNX Runtime raises many kinds, all private to its C++ binding
        raise ModelError(
            f"{path} is not a model that ONNX Runtime can load ({str(error).splitlines()[0]})."
            " Restore the file, or export the model again."
        ) from error
    shapes = (
        [(i.name, *i.shape[1:]) for i in session.get_inputs()],
        [(o.name, *o.shape[1:]) for o in session.get_outputs()],
    )
    features = 2 * KEYPOINTS
    if shapes != ([("observed", OBSERVED, features)], [("future", HORIZON, features)]):
        raise ModelError(
            f"{path} is not a forecaster: its inputs and outputs are {shapes[0]} and {shapes[1]};"
            f" wanted observed (persons, {OBSERVED}, {features}) and future"
            f" (persons, {HORIZON}, {features}). Choose another model file."
        )
    return session


def _read_metadata(path: Path, session: ort.InferenceSession) -> dict[str, str]:
    """The ``kinesics.`` entries of the model without their prefix, checked."""
    metadata = {
        key.removeprefix(METADATA_PREFIX): value
        for key, value in session.get_modelmeta().custom_metadata_map.items()
        if key.startswith(METADATA_PREFIX)
    }
    missing = [key for key in REQUIRED_METADATA if key not in metadata]
    if missing:
        raise ModelError(
            f"{path} lacks the metadata {', '.join(missing)}; wanted a model exported by"
            " `kinesics train forecast`, which writes them. Export it again."
        )
    if metadata["task"] != "forecast" or metadata["normalisation"] not in windows.NORMALISATIONS:
        raise ModelError(
            f"{path} says task {metadata['task']!r} and normalisation"
            f" {metadata['normalisation']!r}; wanted 'forecast' and one of"
            f" {', '.join(windows.NORMALISATIONS)}. Choose another model file."
        )
    for key in ("spread_floor", "spread_gain"):
        try:
            valid = np.array(json.loads(metadata[key]), dtype=float).shape == (HORIZON,)
        except ValueError:
            valid = False
        if not valid:
            raise ModelError(
                f"{path}: its metadata {key} is not a list of {HORIZON} numbers. Export it again."
            )
    return metadata
