"""Forecasting live: people as they are seen -> where their keypoints will be in the next second.

Each person has a buffer of the last two seconds of raw keypoints with their stamps. At every
update the buffer is resampled to 30 Hz backwards from the newest stamp, completed by the rule the
network was trained with (``windows.fill_missing``), and all people go through ONNX Runtime as one
batch. A network with a classifier says as well what each body expresses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import onnxruntime as ort

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS
from kinesics_core.assets import store
from kinesics_core.errors import ModelError
from kinesics_core.keypoints import MAX_GAP, resample, visible
from kinesics_core.motion import windows
from kinesics_core.motion.uncertainty import spread
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, OBSERVED, RATE
from kinesics_core.settings import check, setting
from kinesics_core.types import NANOSECONDS, Affect, MotionForecast, People


@dataclass(frozen=True)
class ForecastConfig:
    """Settings of the forecaster."""

    model: str = setting("forecast_ours.onnx", "ONNX file: a name in models/, or a path")

    def __post_init__(self) -> None:
        """Refuse values of another type."""
        check(self, ModelError)



PROVIDERS = ("TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider")
"""In order of preference; those this build of ONNX Runtime has are asked for."""

METADATA_PREFIX = "kinesics."
REQUIRED_METADATA = (
    "task", "name", "version", "normalisation", "rate", "licence", "data",
)

LARGEST_BATCH = 16
"""Up to this many people an accelerator's engine is built once, for all sizes of crowd."""

FIRST_FORECAST = 0.5
"""Seconds a person must have been followed."""

FORGET_AFTER = 1.0
"""Seconds without a person, or between two stamps, after which the past says nothing."""

BLEND = 0.5
"""Default weight of the earlier forecast. On held-out clips with a detector's noise it takes 15 to
30 % of the frame-to-frame jitter away and 5 % of the error of people who stand, and adds 1 % to
that of people who move. It grows with the horizon because the near future is known best by the
newest forecast: an even weight would cost the first steps of moving people a fifth and more."""

BODY_CONFIDENCE = 0.4
"""Ceiling of an emotion's confidence, that of ``affect.body``: beside a clear face, the body
supports rather than decides."""

SYNONYMS = {
    "happy": "happiness", "joy": "happiness", "angry": "anger", "surprised": "surprise",
    "sad": "sadness", "disgusted": "disgust", "contemptuous": "contempt", "afraid": "fear",
    "fearful": "fear",
}
"""Other names that data sets give to our emotions."""

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
        poses, gaps = resample(
            times[rows], self.poses[None, rows], self.seen[None, rows], _GRID)
        return poses[0], np.any(self.seen[rows], axis=0, keepdims=False), gaps[0]


class Outlook(NamedTuple):
    """What one image, after those before it, says of the people in it.

    motion: one forecast for each person known for half a second.
    affects: for the same persons, what their bodies express; empty unless the model's classes are
        emotions. Categories the model was not taught keep the probability of not knowing, 1 / 8.
        ``confidence`` falls with padding and gaps, as a forecast's does, and with doubt between
        classes; ``source`` is the model.
    classes: person id -> (C,) probabilities of ``Forecaster.classes``; empty without a classifier.
    """

    motion: list[MotionForecast]
    affects: list[Affect]
    classes: dict[int, np.ndarray]


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
        self, model: str | Path = ForecastConfig.model, providers: Sequence[str] | None = None,
        *, blend: float = BLEND,
    ) -> None:
        if not 0.0 <= blend < 1.0:
            raise ModelError(f"Got blend {blend}; wanted a weight from 0 up to, not including, 1.")
        path = _locate(model)
        self._session = open_session(path, providers)
        self._outputs = [output.name for output in self._session.get_outputs()]
        _check_shapes(path, self._session)
        self.metadata = _read_metadata(path, self._session)
        self.model = f"{self.metadata['name']} {self.metadata['version']}"
        self.classes: tuple[str, ...] = tuple(json.loads(self.metadata.get("classes", "[]")))
        self._emotions = _emotions_of(self.classes)
        self._normalisation = cast(windows.Normalisation, self.metadata["normalisation"])
        if "spread" not in self._outputs:
            self._floor = np.array(json.loads(self.metadata["spread_floor"]))
            self._gain = np.array(json.loads(self.metadata["spread_gain"]))
        self._blend = blend
        self._tracks: dict[int, _Track] = {}
        self._size: tuple[int, int] | None = None

    @property
    def provider(self) -> str:
        """The execution provider in use."""
        return self._session.get_providers()[0]

    @property
    def reads_emotion(self) -> bool:
        """Whether ``update`` gives affects."""
        return self._emotions is not None

    @property
    def notice(self) -> str:
        """A sentence for whoever starts this: why there are no affects; "" if there are."""
        if self.reads_emotion:
            return ""
        if not self.classes:
            return f"{self.model} has no classifier: it forecasts motion and reads no affect."
        return (
            f"{self.model} tells {', '.join(self.classes)} apart; these are not all among"
            f" {', '.join(EMOTIONS)}, so no affect is made of them."
        )

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

    def update(self, people: People) -> Outlook:
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
            track = self._tracks.setdefault(person.id, _Track())
            track.add(people.stamp, person.coco[:, :2], visible(person.coco, size))
        for person_id, track in list(self._tracks.items()):
            if not 0 <= people.stamp - track.newest <= FORGET_AFTER * NANOSECONDS:
                del self._tracks[person_id]

        ready = []
        for person in people.persons:
            window = self._tracks[person.id].window()
            if window is not None:
                ready.append((person.id, *window))
        if not ready:
            return Outlook([], [], {})
        ids = [item[0] for item in ready]
        poses, known, gaps = (np.stack([item[i] for item in ready]) for i in (1, 2, 3))
        future, sigma, emotion = self._forecast(poses, known)
        confidence = (gaps <= MAX_GAP).mean(axis=(1, 2))
        motion = [
            MotionForecast(
                stamp=people.stamp, person_id=person_id, width=people.width, height=people.height,
                keypoints=self._blended(person_id, people.stamp, future[row]), dt=1.0 / RATE,
                spread=sigma[row], confidence=float(confidence[row]), model=self.model,
                frame_id=people.frame_id,
            )
            for row, person_id in enumerate(ids)
        ]
        if emotion is None:
            return Outlook(motion, [], {})
        affects = [] if self._emotions is None else [
            _affect(people.stamp, person_id, emotion[row], self._emotions,
                    float(confidence[row]), self.model)
            for row, person_id in enumerate(ids)
        ]
        return Outlook(motion, affects, dict(zip(ids, emotion, strict=True)))

    def _forecast(
        self, poses: np.ndarray, known: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """(P, 60, 17, 2) pixels, (P, 17) -> future (P, 30, 17, 2) and 1 sigma (P, 30), pixels;
        probabilities (P, C)."""
        observed, centroid, scale = windows.encode(
            windows.place_unseen(poses, known), self._normalisation)
        flat = observed.reshape(len(poses), OBSERVED, -1).astype(np.float32)
        output = self._infer(flat)
        future = windows.decode(
            output["future"].reshape(len(poses), HORIZON, KEYPOINTS, 2), centroid, scale)
        future = np.where(known[:, None, :, None], future, np.nan).astype(np.float32)
        if "spread" in output:
            sigma = output["spread"]
        else:
            sigma = spread(flat, np.repeat(known, 2, axis=-1), self._floor, self._gain)
        return future, (sigma * scale[:, :, 0, 0]).astype(np.float32), output.get("emotion")

    def _infer(self, observed: np.ndarray) -> dict[str, np.ndarray]:
        """Every output by name.

        Batches are padded to powers of two and cut at ``LARGEST_BATCH``: an accelerator sees few
        shapes, not one a crowd.
        """
        parts = []
        for start in range(0, len(observed), LARGEST_BATCH):
            part = observed[start:start + LARGEST_BATCH]
            padded = np.zeros((1 << (len(part) - 1).bit_length(), *part.shape[1:]), np.float32)
            padded[:len(part)] = part
            outputs = self._session.run(None, {"observed": padded})
            parts.append([output[:len(part)] for output in outputs])
        joined = (np.concatenate(output) for output in zip(*parts, strict=True))
        return dict(zip(self._outputs, joined, strict=True))

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


def _locate(model: str | Path) -> Path:
    path = Path(model)
    if path.is_file():
        return path
    if path.name == str(model):
        return store.shipped(path.name)
    raise ModelError(f"There is no forecast model {path}; give an ONNX file that exists.")


def _affect(
    stamp: int, person_id: int, probabilities: np.ndarray, emotions: np.ndarray, observed: float,
    source: str,
) -> Affect:
    """emotions: (C,) index into EMOTIONS of each class. observed: share of the window seen."""
    known = np.bincount(emotions, probabilities, minlength=len(EMOTIONS))
    taught = np.bincount(emotions, minlength=len(EMOTIONS)) > 0
    categories = np.where(taught, known * taught.mean(), 1.0 / len(EMOTIONS))
    valence, arousal, dominance = (known @ EMOTION_VAD).tolist()
    doubt = -(probabilities * np.log(np.maximum(probabilities, 1e-9))).sum()
    clarity = 1.0 - doubt / np.log(max(len(probabilities), 2))
    return Affect(
        stamp, person_id, categories.astype(np.float32), valence, arousal, dominance,
        BODY_CONFIDENCE * observed * float(np.clip(clarity, 0.0, 1.0)), source,
    )


def _emotions_of(classes: Sequence[str]) -> np.ndarray | None:
    """(C,) index into EMOTIONS of each class; None unless every class is an emotion."""
    names = [SYNONYMS.get(name.lower(), name.lower()) for name in classes]
    if not names or not set(names) <= set(EMOTIONS):
        return None
    return np.array([EMOTIONS.index(name) for name in names])


def open_session(
    path: Path, providers: Sequence[str] | None = None
) -> ort.InferenceSession:
    """A session as this runtime uses them: one thread, the best provider this build has.

    Raises ModelError if none of the providers exists or the file cannot be loaded.
    """
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
        return ort.InferenceSession(
            str(path), options, providers=[(p, _provider_options(p)) for p in wanted],
            # The fused kernel of layer norm and sum takes seven times as long as the two by
            # themselves (68 us to 10 us for 60 x 256, ONNX Runtime 1.31 on one core).
            disabled_optimizers=["SkipLayerNormFusion"],
        )
    except Exception as error:  # ONNX Runtime raises many kinds, all private to its C++ binding
        raise ModelError(
            f"{path} is not a model that ONNX Runtime can load ({str(error).splitlines()[0]})."
            " Restore the file, or export the model again."
        ) from error


def _provider_options(provider: str) -> dict[str, Any]:
    """TensorRT builds its engine for minutes: once, for every batch, kept between starts."""
    if provider != "TensorrtExecutionProvider":
        return {}
    cache = store.cache_dir() / "tensorrt"
    cache.mkdir(parents=True, exist_ok=True)
    frame = f"x{OBSERVED}x{2 * KEYPOINTS}"
    return {
        "trt_engine_cache_enable": True,
        "trt_engine_cache_path": str(cache),
        "trt_profile_min_shapes": f"observed:1{frame}",
        "trt_profile_opt_shapes": f"observed:1{frame}",
        "trt_profile_max_shapes": f"observed:{LARGEST_BATCH}{frame}",
    }


def _check_shapes(path: Path, session: ort.InferenceSession) -> None:
    features = 2 * KEYPOINTS
    inputs = [(i.name, *i.shape[1:]) for i in session.get_inputs()]
    outputs = {o.name: tuple(o.shape[1:]) for o in session.get_outputs()}
    fits = (
        inputs == [("observed", OBSERVED, features)]
        and outputs.get("future") == (HORIZON, features)
        and outputs.get("spread", (HORIZON,)) == (HORIZON,)
        and len(outputs.get("emotion", (0,))) == 1
        and set(outputs) <= {"future", "emotion", "spread"}
    )
    if not fits:
        raise ModelError(
            f"{path} is not a forecaster of what the camera gives: its inputs and outputs are"
            f" {inputs} and {list(outputs.items())}; wanted observed (persons, {OBSERVED},"
            f" {features}), future (persons, {HORIZON}, {features}) and, if they are there,"
            f" emotion (persons, classes) and spread (persons, {HORIZON}). Choose another model"
            " file."
        )


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
    outputs = {output.name: output.shape for output in session.get_outputs()}
    for key in () if "spread" in outputs else ("spread_floor", "spread_gain"):
        values = _listed(metadata.get(key))
        if len(values) != HORIZON or not all(isinstance(value, int | float) for value in values):
            raise ModelError(
                f"{path}: its metadata {key} is not a list of {HORIZON} numbers, and it gives no"
                " spread itself. Export it again."
            )
    count = outputs["emotion"][1] if "emotion" in outputs else 0
    classes = _listed(metadata.get("classes", "[]"))
    if len(classes) != count or not all(isinstance(name, str) for name in classes):
        raise ModelError(
            f"{path}: its metadata classes is {metadata.get('classes', 'absent')}; wanted the"
            f" names of its {count} classes. Export it again with the names it was trained with."
        )
    return metadata


def _listed(text: str | None) -> list[Any]:
    """The JSON list in ``text``, or an empty one."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return []
    return value if isinstance(value, list) else []
