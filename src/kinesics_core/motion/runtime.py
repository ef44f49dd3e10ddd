"""Forecasting live: people as they are seen -> where their keypoints will be in the next second.

Each person has a buffer of the last two seconds of raw keypoints with their stamps. At every
update the buffer is resampled to 30 Hz backwards from the newest stamp, completed by the rule the
network was trained with (``windows.fill_missing``), and all people go through ONNX Runtime as one
batch. A network with a classifier says as well what each body expresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.body import BODY_CONFIDENCE
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.affect.spaces import reading_of, space_of
from kinesics_core.bounded import drop_oldest
from kinesics_core.errors import ModelError
from kinesics_core.keypoints import MAX_GAP, visible
from kinesics_core.motion import windows
from kinesics_core.motion.model_file import LARGEST_BATCH, open_forecaster
from kinesics_core.motion.track_buffer import FORGET_AFTER, TrackBuffer
from kinesics_core.motion.uncertainty import spread
from kinesics_core.motion.windows import HORIZON, KEYPOINTS, OBSERVED, RATE
from kinesics_core.settings import check, setting
from kinesics_core.types import NANOSECONDS, Affect, MotionForecast, People

REMEMBERED = 64
"""People out of view whose past is kept."""


@dataclass(frozen=True)
class ForecastConfig:
    """Settings of the forecaster."""

    model: str = setting("forecast_ours.onnx", "ONNX file: a name in models/, or a path")

    def __post_init__(self) -> None:
        """Refuse values of another type."""
        check(self, ModelError)


BLEND = 0.5
"""Default weight of the earlier forecast. On held-out clips with a detector's noise it takes 15 to
30 % of the frame-to-frame jitter away and 5 % of the error of people who stand, and adds 1 % to
that of people who move. It grows with the horizon because the near future is known best by the
newest forecast: an even weight would cost the first steps of moving people a fifth and more."""


class ForecastResult(NamedTuple):
    """Forecasts and affect of the people in one image, after those before it.

    Attributes:
        motion: One forecast for each person known for half a second.
        affects: For the same persons, what their bodies express; empty without a classifier. The
            model's own classes stand in ``classes`` and ``probabilities``, whatever they are, and
            as our emotions and VAD beside (``affect.spaces``). ``confidence`` falls with padding
            and gaps, as a forecast's does, with doubt between classes, and to 0 with what falls on
            classes that are no emotion; ``source`` is the model.
        classes: Person id -> (C,) probabilities of ``Forecaster.classes``; empty without a
            classifier.
    """

    motion: list[MotionForecast]
    affects: list[Affect]
    classes: dict[int, np.ndarray]


class Forecaster:
    """Forecaster of everybody in view.

    Attributes:
        metadata: The ``kinesics.`` entries of the model.
        model: Its name and version.
        classes: What its emotion head tells apart; empty without one.
    """

    def __init__(
        self, model: str | Path = ForecastConfig.model, providers: Sequence[str] | None = None,
        *, blend: float = BLEND,
    ) -> None:
        """Open a model.

        Args:
            model: An ONNX file of ``kinesics train forecast``, or the name of a shipped one.
            providers: ONNX Runtime execution providers in order; default ``PROVIDERS``.
            blend: Weight 0..1, at the last step, of the person's previous forecast of the same
                moments; the weight falls linearly to nothing at the first step. Overlapping
                predictions are so averaged with geometrically falling weights; 0 gives each network
                output as it is.

        Raises:
            ModelError: The file is missing or is not a forecaster.
        """
        if not 0.0 <= blend < 1.0:
            raise ModelError(f"Got blend {blend}; wanted a weight from 0 up to, not including, 1.")
        self._file = open_forecaster(model, providers)
        self.metadata, self.classes = self._file.metadata, self._file.classes
        self.model = f"{self.metadata['name']} {self.metadata['version']}"
        self._emotional = bool(self.classes) and bool(space_of(tuple(self.classes)).known.any())
        self._blend = blend
        self._tracks: dict[int, TrackBuffer] = {}
        self._size: tuple[int, int] | None = None
        self._check_output(model)

    def _check_output(self, model: str | Path) -> None:
        """Run once on somebody who stands still: damaged weights give nan or no output at all."""
        try:
            outputs = self._infer(np.zeros((1, OBSERVED, 2 * KEYPOINTS), np.float32))
        except Exception as error:  # ONNX Runtime's kinds are private to its C++ binding
            raise ModelError(
                f"{model} cannot be run ({str(error).splitlines()[0]}). Restore the file, or"
                " export the model again.") from error
        for name, values in outputs.items():
            if not np.isfinite(values).all():
                raise ModelError(
                    f"{model} gives a {name} of nan or infinity for a person who stands still: its"
                    " weights are damaged. Restore the file, or export the model again.")

    @property
    def provider(self) -> str:
        """Execution provider in use."""
        return self._file.session.get_providers()[0]

    @property
    def reads_emotion(self) -> bool:
        """True if one of the classes is an emotion, so that affects say more than the classes."""
        return self._emotional

    @property
    def notice(self) -> str:
        """Sentence for the user about what affects do not say; "" if they say all."""
        if not self.classes:
            return f"{self.model} has no classifier: it forecasts motion and reads no affect."
        known = space_of(tuple(self.classes)).known
        strange = [name for name, emotion in zip(self.classes, known, strict=True) if not emotion]
        if not strange:
            return ""
        return (
            f"{self.model} tells {', '.join(self.classes)} apart. {', '.join(strange)}: no word for"
            f" an emotion that is known here, so published by name and meaning none of"
            f" {', '.join(EMOTIONS)}."
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

    def update(self, people: People) -> ForecastResult:
        """Take what was seen in one image; forecast everybody in it who is known well enough.

        A person is forecast from half a second after the first sighting; the missing past is
        padded with the first pose and lowers ``confidence``. A change of the image's size forgets
        everybody; a stamp that jumps back, or ahead by more than a second, starts that person's
        buffer anew; who is absent for more than a second is forgotten, and sooner when
        ``REMEMBERED`` others are absent, too.

        Args:
            people: Tracked persons with COCO-17 keypoints in pixels.
        """
        size = (people.width, people.height)
        if size != self._size:
            self.reset()
            self._size = size
        for person in people.persons:
            track = self._tracks.setdefault(person.id, TrackBuffer())
            track.add(people.stamp, person.coco[:, :2], visible(person.coco, size))
        for person_id, track in list(self._tracks.items()):
            if not 0 <= people.stamp - track.newest <= FORGET_AFTER * NANOSECONDS:
                del self._tracks[person_id]
        drop_oldest(self._tracks, REMEMBERED, {person.id for person in people.persons})

        ready = []
        for person in people.persons:
            window = self._tracks[person.id].window()
            if window is not None:
                ready.append((person.id, *window))
        if not ready:
            return ForecastResult([], [], {})
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
            return ForecastResult(motion, [], {})
        affects = [
            self._affect(people.stamp, person_id, emotion[row], float(confidence[row]))
            for row, person_id in enumerate(ids)
        ]
        return ForecastResult(
            motion, [affect for affect in affects if affect is not None],
            dict(zip(ids, emotion, strict=True)))

    def _affect(
        self, stamp: int, person_id: int, probabilities: np.ndarray, observed: float
    ) -> Affect | None:
        """Return a person's affect; None if the network gives no distribution.

        Args:
            stamp: Of the image, ns.
            person_id: Of the person.
            probabilities: (C,) of the classes.
            observed: Share of the window that was seen.
        """
        read = reading_of(self.classes, probabilities)
        if read is None:
            return None
        categories, vad, clarity = read
        mean = vad.mean if self._emotional else np.full(3, np.nan)
        valence, arousal, dominance = mean.tolist()
        return Affect(
            stamp, person_id, categories, valence, arousal, dominance,
            BODY_CONFIDENCE * observed * clarity, self.model,
            spread=vad.spread.astype(np.float32), classes=tuple(self.classes),
            probabilities=np.asarray(probabilities, np.float32))

    def _forecast(
        self, poses: np.ndarray, known: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Run the network on windows in pixels.

        Args:
            poses: (P, 60, 17, 2) pixels.
            known: (P, 17) bool, keypoints that were seen.

        Returns:
            Future (P, 30, 17, 2) and 1 sigma (P, 30), pixels; probabilities (P, C) or None.
        """
        observed, centroid, scale = windows.encode(
            windows.place_unseen(poses, known), self._file.normalisation)
        flat = observed.reshape(len(poses), OBSERVED, -1).astype(np.float32)
        output = self._infer(flat)
        future = windows.decode(
            output["future"].reshape(len(poses), HORIZON, KEYPOINTS, 2), centroid, scale)
        future = np.where(known[:, None, :, None], future, np.nan).astype(np.float32)
        if "spread" in output:
            sigma = output["spread"]
        else:
            assert self._file.spread_floor is not None and self._file.spread_gain is not None
            sigma = spread(flat, np.repeat(known, 2, axis=-1), self._file.spread_floor,
                           self._file.spread_gain)
        return future, (sigma * scale[:, :, 0, 0]).astype(np.float32), output.get("emotion")

    def _infer(self, observed: np.ndarray) -> dict[str, np.ndarray]:
        """Return every output by name.

        Batches are padded to powers of two and cut at ``LARGEST_BATCH``: an accelerator sees few
        shapes, not one a crowd. A model exported for a fixed number of people gets just that.
        """
        parts, fixed = [], self._file.batch
        largest = fixed or LARGEST_BATCH
        for start in range(0, len(observed), largest):
            part = observed[start:start + largest]
            size = fixed or 1 << (len(part) - 1).bit_length()
            padded = np.zeros((size, *part.shape[1:]), np.float32)
            padded[:len(part)] = part
            outputs = self._file.session.run(None, {"observed": padded})
            parts.append([output[:len(part)] for output in outputs])
        joined = (np.concatenate(output) for output in zip(*parts, strict=True))
        return dict(zip(self._file.outputs, joined, strict=True))

    def _blended(self, person_id: int, stamp: int, future: np.ndarray) -> np.ndarray:
        """Average a future (30, 17, 2) with the person's previous forecast, and remember it."""
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


