"""Fits a body to everything that is known of one person in a recording.

    fitted = fit(track, body.model.load(), Settings())

All frames of a chunk are one nonlinear least-squares problem, solved by Gauss-Newton steps with
analytic derivatives (`kinematics`, `solver`); `stages` has the schedule. Shape, focal length and
gender are found first, from frames spread over the whole recording, so that chunks agree about them
and memory does not grow with the recording's length.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from threadpoolctl import threadpool_limits

from kinesics_core.body.model import BodyModel
from kinesics_core.fitting import hands_face, stages
from kinesics_core.fitting.camera import guessed_focal
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.output.files import Store
from kinesics_core.fitting.pose_priors import pose_priors
from kinesics_core.fitting.progress import Cancelled, Progress, Show
from kinesics_core.fitting.settings import Settings, Spreads
from kinesics_core.fitting.stages import Seen
from kinesics_core.fitting.tracks.track import Track
from kinesics_core.pose_priors.lifter import lift
from kinesics_core.rotations import exponential, logarithm
from kinesics_core.skeletons import SMPLX55, WHOLEBODY133_BODY
from kinesics_core.solver.gauss_newton import Tick
from kinesics_core.solver.interpenetration import balls, deepest
from kinesics_core.solver.kinematics import State, forward, rig
from kinesics_core.solver.reprojection import project

__all__ = ["Fit", "Settings", "Spreads", "fit"]

ENOUGH = 5
"""Keypoints of the body that a frame must show to be fitted."""

SAMPLE = 48
"""Frames from which shape, focal length and gender are found."""

STRIDE = 6
"""Frames from one whose pose is found from nothing to the next."""

_MALE, _FEMALE = 1.0, 1.12
"""Energy of the male body over that of the female one: up to which, and from which, the person is
taken for male or female, in between for neither. Of pictures of women it is 1.08 to 1.23, of men
0.90 to 1.10: a picture has no scale, and the shorter body fits most people a little better."""


@dataclass(slots=True)
class Fit:
    """A body in T frames, those of the track, in stock smplx's parameters: metres, axis-angle
    radians, the camera's optical frame (x right, y down, z away).

    betas (10,) standard deviations; transl (T, 3); global_orient (T, 3); body_pose (T, 21, 3);
    left_hand_pose, right_hand_pose (T, 15, 3); jaw_pose, leye_pose, reye_pose (T, 3); expression
    (T, 52), in the order of ``skeletons.ARKIT_BLENDSHAPES``, 0..1. What the body lacks is zero.
    gender: of the body that was fitted. focal: px; centre: (2,) px. frames (T,), times (T,): the
    track's. reprojection (T,): mean distance of confident keypoints, px, nan without. loss (T,):
    the optimiser's energy of the body. penetration (T,): deepest overlap of the body's parts, m.
    failed (T,): too little was seen, the pose is taken from the frames around. seconds: per stage.
    """

    betas: np.ndarray
    transl: np.ndarray
    global_orient: np.ndarray
    body_pose: np.ndarray
    left_hand_pose: np.ndarray
    right_hand_pose: np.ndarray
    jaw_pose: np.ndarray
    leye_pose: np.ndarray
    reye_pose: np.ndarray
    expression: np.ndarray
    gender: str
    focal: float
    centre: np.ndarray
    frames: np.ndarray
    times: np.ndarray
    reprojection: np.ndarray
    loss: np.ndarray
    penetration: np.ndarray
    failed: np.ndarray
    seconds: dict[str, float] = field(default_factory=dict)


def fit(
    track: Track, body: BodyModel, settings: Settings | None = None, *,
    progress: Show | None = None, cancelled: Cancelled | None = None, store: Store | None = None,
    genders: Callable[[str], BodyModel] | None = None,
) -> Fit:
    """Body, hands, face and camera of one person.

    store: where finished chunks are kept and found again. genders: gives the body of a gender, for
    `settings.gender` "guess"; without it the given body is taken.

    Cancelled after some chunks are done, the rest is marked as failed; before, FitError CANCELED.
    FitError NO_PERSON if no frame shows enough of a person.
    """
    # Thousands of small products: threads would wait for each other longer than they work.
    with threadpool_limits(1, "blas"):
        return _fit(track, body, settings or Settings(), progress, cancelled, store, genders)


def _fit(
    track: Track, body: BodyModel, settings: Settings, progress: Show | None,
    cancelled: Cancelled | None, store: Store | None, genders: Callable[[str], BodyModel] | None,
) -> Fit:
    run = _Run(track, settings, progress, cancelled)
    usable = run.usable()
    rows = np.flatnonzero(usable)
    chosen, state, sample = run.person(body, rows, genders, store)
    ranges = chunks(len(rows), settings.chunk, settings.overlap)
    done: list[tuple[np.ndarray, State, np.ndarray, np.ndarray]] = []
    for number, part in enumerate(ranges):
        name = f"chunk_{number}"
        kept = store.load(name) if store is not None else None
        if kept is not None:
            found = State(
                kept["local"], kept["transl"], kept["betas"], kept["expression"],
                float(kept["focal"])), kept["loss"], kept["penetration"]
        else:
            try:
                found = run.chunk(chosen, state, sample, rows[part])
            except _CancelledError:
                if not done:
                    raise FitError("The fit was cancelled before any frame was done.",
                                   "CANCELED") from None
                break
            if store is not None:
                store.save(name, {"local": found[0].local, "transl": found[0].transl,
                                  "betas": found[0].betas, "focal": found[0].focal,
                                  "expression": found[0].expression, "loss": found[1],
                                  "penetration": found[2]})
        done.append((part, *found))
    return run.result(chosen.model, rows, done)


def chunks(count: int, size: int, overlap: int) -> list[np.ndarray]:
    """Index ranges of at most `size` that cover 0..count - 1, each sharing `overlap` with the
    next, all about as long."""
    if count <= size:
        return [np.arange(count)]
    number = int(np.ceil((count - overlap) / (size - overlap)))
    starts = np.linspace(0, count - size, number).round().astype(int)
    return [np.arange(start, start + size) for start in starts]


def keyframes(count: int) -> np.ndarray:
    """Indices, about ``STRIDE`` apart, of the frames whose poses are found from nothing."""
    number = int(np.ceil((count - 1) / STRIDE)) + 1
    return np.linspace(0, count - 1, number).round().astype(int)


class _CancelledError(Exception):
    """The fit was cancelled."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    model: BodyModel
    body: stages.Body


class _Run:
    """One fit: its track, and how far it is."""

    def __init__(self, track: Track, settings: Settings, progress: Show | None,
                 cancelled: Cancelled | None) -> None:
        self.track, self.settings = track, settings
        self.show, self.cancelled = progress, cancelled
        self.sure = stages.certainty(track.keypoints, settings)
        self.centre = np.array([track.width, track.height], np.float32) / 2
        known = settings.focal or track.focal
        self.known = known is not None
        self.guess = known or guessed_focal(track.width, track.height)
        self.seconds = {"camera": 0.0, "body": 0.0, "hands_face": 0.0}
        self.fitted = 0
        self.began = self.told = time.monotonic()

    def tick(self, stage: str) -> Tick:
        """Told of every step of the optimiser: passes progress on, and stops it."""

        def called(loss: float) -> None:
            if self.cancelled is not None and self.cancelled():
                raise _CancelledError
            now = time.monotonic()
            if self.show is not None and now - self.told > 0.25:
                self.told = now
                self.show(Progress(stage, self.fitted, len(self.track), loss,
                                   self.fitted / max(now - self.began, 1e-6)))

        return called

    def usable(self) -> np.ndarray:
        """(T,) bool: frames that show enough of a body."""
        seen = self.sure[:, WHOLEBODY133_BODY] > 0
        usable: np.ndarray = seen.sum(axis=1) >= ENOUGH
        if not usable.any():
            raise FitError(
                f"None of the {len(usable)} frames of person {self.track.person} shows as many as "
                f"{ENOUGH} keypoints of the body with some confidence; wanted one that does.",
                "NO_PERSON")
        return usable

    # --- shape, camera, gender --------------------------------------------------------------

    def person(
        self, body: BodyModel, rows: np.ndarray, genders: Callable[[str], BodyModel] | None,
        store: Store | None,
    ) -> tuple[_Chosen, State, np.ndarray]:
        """The body to fit; a state with the shape and focal length of the clip, and the rows of
        the track of which it has the poses."""
        began = time.monotonic()
        try:
            candidates = [body]
            if self.settings.gender == "guess" and genders is not None:
                candidates = [genders("female"), genders("male")]
            kept = store.load("person") if store is not None else None
            if kept is not None:
                names = [model.gender for model in candidates] + [body.gender]
                model = [*candidates, body][names.index(str(kept["gender"]))]
                chosen = self._chosen(model)
                state = stages.rest_state(
                    chosen.body, 1, float(kept["focal"]), len(kept["betas"]),
                    model.expression_directions.shape[2])
                return chosen, replace(state, betas=kept["betas"]), rows[:0]
            sample = self._sample(rows)
            found = [self._sampled(model, sample) for model in candidates]
            if len(found) == 2:
                ratio = found[1][2] / found[0][2]
                if ratio >= _FEMALE or ratio <= _MALE:
                    chosen, state, _ = found[int(ratio <= _MALE)]
                else:
                    chosen, state, _ = self._sampled(body, sample)
            else:
                chosen, state, _ = found[0]
            if store is not None:
                store.save("person", {"betas": state.betas, "focal": state.focal,
                                      "gender": chosen.model.gender})
            return chosen, state, sample
        except _CancelledError:
            raise FitError("The fit was cancelled before any frame was done.",
                           "CANCELED") from None
        finally:
            self.seconds["camera"] += time.monotonic() - began

    def _chosen(self, model: BodyModel) -> _Chosen:
        known = rig(model)
        return _Chosen(model, stages.body_of(
            model, known, pose_priors(self.settings.prior, self.settings.prior_file),
            balls(model, known) if self.settings.collisions else None))

    def _sample(self, rows: np.ndarray) -> np.ndarray:
        """Rows from which the person is found: those a single chunk begins with, or a few spread
        over all."""
        if len(rows) <= self.settings.chunk:
            return rows[keyframes(len(rows))]
        return rows[np.linspace(0, len(rows) - 1, SAMPLE).round().astype(int)]

    def _sampled(self, model: BodyModel, sample: np.ndarray) -> tuple[_Chosen, State, float]:
        """Shape, focal length and poses from some rows of the track; and how well they fit."""
        chosen = self._chosen(model)
        track, tick = self.track, self.tick("camera")
        focal = self.guess
        state = stages.rest_state(chosen.body, len(sample), focal,
                                  model.shape_directions.shape[2],
                                  model.expression_directions.shape[2])
        seen = self.seen(sample, focal)
        state = stages.first_poses(chosen.body, state, seen, self.settings, tick)
        state, _ = stages.shape_and_camera(chosen.body, state, seen, self.settings,
                                           self.known, tick)
        state = stages.limbs_turned(chosen.body, state, seen, self.settings, tick,
                                    STRIDE / track.rate)
        state, energy = stages.shape_and_camera(chosen.body, state, seen, self.settings,
                                                self.known, tick)
        return chosen, state, energy

    def seen(self, rows: np.ndarray, focal: float) -> Seen:
        """What is known of some rows of the track."""
        track = self.track
        keypoints = track.keypoints[rows]
        return Seen(
            keypoints, self.sure[rows], self.centre, track.times[rows],
            lift(keypoints, track.width, track.height, focal),
            None if track.world is None else track.world[rows],
            None if track.blendshapes is None else track.blendshapes[rows])

    # --- all frames -------------------------------------------------------------------------

    def chunk(
        self, chosen: _Chosen, shape: State, sample: np.ndarray, rows: np.ndarray
    ) -> tuple[State, np.ndarray, np.ndarray]:
        """State, energies and penetration of some rows of the track at once. shape: that of the
        person, with poses of the rows `sample`."""
        began = time.monotonic()
        settings, body = self.settings, chosen.body
        seen = self.seen(rows, shape.focal)
        tick = self.tick("body")
        keys = keyframes(len(rows))
        alone = np.array_equal(rows[keys], sample)
        if alone:
            state = shape
        else:
            state = stages.rest_state(body, len(keys), shape.focal, len(shape.betas),
                                      shape.expression.shape[1])
            state.betas = shape.betas
            state = stages.first_poses(body, state, seen.part(keys), settings, tick)
            state = stages.limbs_turned(body, state, seen.part(keys), settings, tick,
                                        STRIDE / self.track.rate)
        if len(keys) < len(rows):
            state = stages.between(state, keys, seen.times)
        state, loss = stages.whole_body(
            body, state, seen, settings, tick, shape=alone,
            focal=self.guess if alone and not self.known else None)
        now = time.monotonic()
        self.seconds["body"] += now - began
        tick = self.tick("hands_face")
        for left in (True, False):
            state = hands_face.fingers(body, state, seen, settings, tick, left)
        state = hands_face.face(body, state, seen, settings, tick)
        self.fitted += len(rows)
        parts = body.balls or balls(chosen.model, body.rig)
        depth = deepest(parts, forward(parts.rig, state))
        self.seconds["hands_face"] += time.monotonic() - now
        return state, loss, depth

    # --- the result -------------------------------------------------------------------------

    def result(
        self, model: BodyModel, rows: np.ndarray,
        done: list[tuple[np.ndarray, State, np.ndarray, np.ndarray]],
    ) -> Fit:
        """Chunks blended, frames without enough keypoints filled in between, and the errors."""
        state, loss, penetration = joined(done)
        track = self.track
        fitted = rows[:len(state.transl)]
        failed = np.ones(len(track), bool)
        failed[fitted] = False
        if failed.any():
            state = stages.between(state, fitted, track.times)
            at = np.clip(np.searchsorted(fitted, np.arange(len(track))), 0, len(fitted) - 1)
            loss, penetration = loss[at], penetration[at]
        reprojection = np.full(len(track), np.nan, np.float32)
        body = rig(model)
        for first in range(0, len(track), 512):
            part = slice(first, first + 512)
            points = project(forward(body, state.frames(part)).points, state.focal, self.centre)
            seen = body.known & (track.keypoints[part, :, 2] >= 0.3)
            gap = np.linalg.norm(points - np.nan_to_num(track.keypoints[part, :, :2]), axis=2)
            count = seen.sum(axis=1)
            total = np.where(seen, gap, 0).sum(axis=1)
            reprojection[part] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        angles = np.zeros((len(track), len(SMPLX55), 3), np.float32)
        for index, name in enumerate(model.joint_names):
            if name in SMPLX55:
                angles[:, SMPLX55.index(name)] = logarithm(state.local[:, index])
        expression = np.zeros((len(track), 52), np.float32)
        expression[:, :state.expression.shape[1]] = state.expression
        return Fit(
            betas=state.betas, transl=state.transl, global_orient=angles[:, 0],
            body_pose=angles[:, 1:22], left_hand_pose=angles[:, 25:40],
            right_hand_pose=angles[:, 40:], jaw_pose=angles[:, 22], leye_pose=angles[:, 23],
            reye_pose=angles[:, 24], expression=expression, gender=model.gender,
            focal=float(state.focal), centre=self.centre, frames=track.frames.copy(),
            times=track.times.copy(), reprojection=reprojection, loss=loss,
            penetration=penetration, failed=failed, seconds=dict(self.seconds))


def joined(
    done: list[tuple[np.ndarray, State, np.ndarray, np.ndarray]]
) -> tuple[State, np.ndarray, np.ndarray]:
    """One state out of those of overlapping chunks: each gives way to the next across the frames
    they share."""
    part, state, loss, penetration = done[0]
    end = part[-1] + 1
    for following, other, more, deep in done[1:]:
        shared = end - following[0]
        share = ((np.arange(shared) + 0.5) / max(shared, 1)).astype(np.float32)
        head = state.frames(slice(following[0], end))
        turn = logarithm(np.swapaxes(head.local, -1, -2) @ other.local[:shared])
        local = head.local @ exponential(turn * share[:, None, None])

        def mixed(one: np.ndarray, two: np.ndarray, share: np.ndarray = share) -> np.ndarray:
            result: np.ndarray = one + share[:, None] * (two - one)
            return result

        first = following[0]
        state = State(
            np.concatenate([state.local[:first], local, other.local[shared:]]),
            np.concatenate([state.transl[:first], mixed(head.transl, other.transl[:shared]),
                            other.transl[shared:]]),
            state.betas,
            np.concatenate([state.expression[:first], mixed(
                head.expression, other.expression[:shared]), other.expression[shared:]]),
            state.focal)
        loss = np.concatenate([loss[:first], more])
        penetration = np.concatenate([penetration[:first], deep])
        end = following[-1] + 1
    return state, loss, penetration
