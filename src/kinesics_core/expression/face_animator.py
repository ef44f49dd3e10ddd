"""The robot's face over time: expression, lids, gaze and the head's part, put together.

``onset.py`` has the way from one face to the next, ``blinks.py`` the blinks, ``gaze.py`` the eyes,
``liveliness.py`` what never stops. Everything is a function of the animator's own time and of when
something was asked for, and random times and sizes are drawn per event from a seeded generator, so
30, 60 and 100 steps a second show the same face at the same time.

No weight jumps, whatever is asked for and whenever: ``MAX_SPEED`` and ``MAX_ACCELERATION`` hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kinesics_core.affect.emotions import HAPPINESS, NEUTRAL, emotion_index
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.blinks import AROUSAL, ATTENDING, Blinks
from kinesics_core.expression.faces import (
    face_of_emotion,
    glad_face,
    play_face,
    state_blendshapes,
)
from kinesics_core.expression.gaze import EYE_RANGE, HEAD_RANGE, Gaze, within
from kinesics_core.expression.liveliness import (
    HEAD_OF_EMOTION,
    MOVEMENT,
    REGION,
    TWITCH,
    Liveliness,
    mood_of,
)
from kinesics_core.expression.onset import ONSET_RANGE, TIMING, Course, Timing
from kinesics_core.expression.spring import MAX_GAP
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

_COVERED = 0.7  # share of the state's face that a full expression covers; authored
_MOOD_TIME = 1.0  # seconds in which the face follows a change of the state alone; authored
_ADJUST = 0.1  # changes of intensity below are no new onset or offset
_LIDS_FOLLOW = 0.2  # eyeBlink in a full look down, as upper lids go with the eyes
_LONG_GAP = 0.1  # seconds: a single step longer than this and four times the last is a jump

# Early and late movers: what frightens or disgusts shows in eyes and nose first, the rest of the
# face follows (Jack, Garrod & Schyns, Current Biology 24 (2014) 187). Shares of a move; authored.
_LAGS = {"eye": 0.0, "nose": 0.0, "brow": 0.0, "mouth": 0.06, "cheek": 0.06, "jaw": 0.06}
_HEAD_TIME = 0.6  # seconds that a movement of head and gaze with an expression takes at least

_SHAPES = len(ARKIT_BLENDSHAPES)
_LAG = np.array([next((lag for part, lag in _LAGS.items() if name.startswith(part)), 0.06)
                 for name in ARKIT_BLENDSHAPES])


def _named(part: str) -> np.ndarray:
    return np.array([part in name for name in ARKIT_BLENDSHAPES])


_LEFT_BLINK, _RIGHT_BLINK, _LEFT_WIDE, _RIGHT_WIDE = (
    BLENDSHAPE_INDEX[name]
    for name in ("eyeBlinkLeft", "eyeBlinkRight", "eyeWideLeft", "eyeWideRight"))
_LOOKS = [BLENDSHAPE_INDEX[name] for name in (
    "eyeLookOutLeft", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeLookDownLeft", "eyeLookDownRight")]
_JAW = BLENDSHAPE_INDEX["jawOpen"]
_RANGE = EYE_RANGE.tolist()
_TIMES = np.array([(TIMING[emotion].onset, TIMING[emotion].offset) for emotion in range(8)])
_NOTHING, _NO_MOOD = np.eye(8)[NEUTRAL], (NEUTRAL, 0.0)
_HEAD_LIMIT = (math.radians(30.0), float(HEAD_RANGE[1]), float(HEAD_RANGE[0]))  # roll, pitch, yaw

_FAST = _named("eyeBlink") | _named("eyeWide") | _named("eyeLook")

MAX_SPEED = np.where(_FAST, 30.0, 12.0)
"""(52,) 1/s: no weight changes faster. Of most shapes 0 to 1 within the shortest onset
(``RISE_SPEED`` / (.25 - .043) s / .94); of the lids a blink (19.7) while the expression changes;
of eyeLook a saccade (16) while the head turns against it and expression and pursuit add to it."""

MAX_ACCELERATION = np.where(_FAST, 2500.0, 600.0)
"""(52,) 1/s^2, from the same; of the eyes where they brake at the end of their range. The eyeLook
weights of left and right, and of up and down, are to be taken together: each is cut off where the
eye passes the middle."""

MAX_HEAD_SPEED = 3.5
"""rad/s, of each angle of the head: ``gaze.HEAD_SPEED`` with the emotion's part and a nod."""


@dataclass(frozen=True, slots=True)
class _Face:
    """A face to be shown.

    Attributes:
        emotion: Index; NEUTRAL also of a face given directly.
        level: How much of it, 0 (rest) to 1.
        shapes: (52,), 0..1.
        head: Roll, pitch, yaw (3,), radians, added to where the head looks.
        timing: Of its onset and of the way to it when it is less than what is shown.
    """

    emotion: int
    level: float
    shapes: np.ndarray
    head: np.ndarray
    timing: Timing


class FaceAnimator:
    """The face, the eyes and the head's part on their way to what is to be shown.

    Shapes are ARKit's, 0..1. Angles are radians, azimuth to the left and elevation up positive,
    relative to the trunk unless said otherwise.
    """

    def __init__(self, seed: int = 0) -> None:
        """Start at rest; ``seed`` decides when it blinks, where it glances and how it wavers."""
        self._time = 0.0
        self._last_step = 0.0
        self._gap = False  # whether the last step was taken for a jump of the clock
        self._shown: tuple | np.ndarray | None = None
        self._emotion, self._level = NEUTRAL, 0.0
        self._timing = TIMING[NEUTRAL]  # of the newest expression
        self._arousal = 0.0
        self._mood = (NEUTRAL, 0.0)
        self._course = Course(np.zeros(_SHAPES), _LAG)
        self._bearing = Course(np.zeros(5))  # roll, pitch, yaw and eyes that go with the face
        self._rising = False
        self._phase_began = -1.0  # on the course's clock
        self._blinks = Blinks((seed, 0))
        self._gaze = Gaze((seed, 1))
        self._life = Liveliness((seed, 2))
        self._update()

    def show(
        self, emotion: int | str, intensity: float, state: np.ndarray | None = None,
        plays: bool = False,
    ) -> None:
        """Set the expression to move to; it takes the emotion's time (``onset.TIMING``).

        Args:
            emotion: Index into, or name of, ``affect.emotions.EMOTIONS``.
            intensity: 0 (none) to 1 (full).
            state: Valence, arousal, dominance (3,), shown beneath the emotion; also quickens
                blinks and breath. None: as before, and nothing beneath.
            plays: Whether its joy is that of play, see ``faces.play_face``.

        Raises:
            KinesicsError: The emotion is unknown or the intensity outside 0..1; nothing is
                changed.
        """
        asked = (emotion, intensity, None if state is None else tuple(state), plays)
        if isinstance(self._shown, tuple) and asked == self._shown:
            return
        index = emotion_index(emotion)
        shapes = _face_of(index, intensity, plays and index == HAPPINESS)
        if state is not None:
            if np.shape(state) != (3,):
                raise KinesicsError(
                    f"Got a state of shape {np.shape(state)}; give valence, arousal, dominance."
                )
            valence, arousal, dominance = np.clip(np.nan_to_num(state), -1.0, 1.0).tolist()
            # A full expression leaves little room for the state beneath it.
            beneath = state_blendshapes(valence, arousal, dominance)
            shapes = np.maximum(shapes, (1.0 - _COVERED * intensity) * beneath)
            self._set_arousal(arousal)
            self._mood = mood_of(np.array([valence, arousal, dominance]))
            if index == NEUTRAL or intensity == 0.0:
                # Steps of .01, so that a state that drifts does not make every face anew.
                share = round(MOVEMENT.resting * self._mood[1], 2)
                shapes = np.maximum(shapes, _face_of(self._mood[0], share))
        level = 0.0 if index == NEUTRAL else float(intensity)
        timing = TIMING[index] if level else self._timing
        self._go(_Face(index, level, shapes, level * HEAD_OF_EMOTION[index], timing))
        self._shown = asked

    def show_face(
        self, blendshapes: np.ndarray, onset: float | None = None,
        distribution: np.ndarray | None = None,
    ) -> None:
        """Set a face to move to, given by its shapes: of a text, a compound or action units.

        Args:
            blendshapes: (52,) in the order of ``ARKIT_BLENDSHAPES``, 0..1. Its eyeLook weights
                turn the gaze away from where it would be by what they mean.
            onset: Seconds until it is there, within ``ONSET_RANGE``; None: as ``distribution`` has
                it, and to a face of nothing as what was shown has it.
            distribution: What it expresses, (8,) probabilities in the order of ``EMOTIONS``:
                the mean of their timings and of their head movements is its. None: neutral's.

        Raises:
            KinesicsError: A number is out of range or none; nothing is changed.
        """
        shapes = np.asarray(blendshapes, dtype=np.float64)
        if isinstance(self._shown, np.ndarray) and np.array_equal(shapes, self._shown):
            return
        if shapes.shape != (_SHAPES,):
            raise KinesicsError(
                f"Got a face of shape {shapes.shape}; give the {_SHAPES} weights of "
                "skeletons.ARKIT_BLENDSHAPES, in that order."
            )
        wrong = np.flatnonzero(~((shapes >= 0.0) & (shapes <= 1.0)))
        if len(wrong):
            raise KinesicsError(
                f"Got {ARKIT_BLENDSHAPES[wrong[0]]} = {shapes[wrong[0]]:g}, and {len(wrong) - 1} "
                "more weights out of range; give numbers from 0 (none) to 1 (full)."
            )
        if onset is not None and not ONSET_RANGE[0] <= onset <= ONSET_RANGE[1]:
            raise KinesicsError(
                f"Got an onset of {onset} s; give {ONSET_RANGE[0]:g} to {ONSET_RANGE[1]:g} s."
            )
        shares = _NOTHING if distribution is None else np.asarray(distribution, np.float64)
        if shares.shape != (8,) or not (shares >= 0.0).all() or not 0.99 < shares.sum() < 1.01:
            raise KinesicsError(
                f"Got an emotion distribution {shares.round(3).tolist()}; give 8 shares that sum "
                "to 1."
            )
        level = float(shapes.max())
        usual = Timing(*(shares @ _TIMES).tolist()) if level else self._timing
        timing = usual if onset is None else Timing(onset, usual.offset if level else onset)
        self._go(_Face(NEUTRAL, level, shapes, level * (shares @ HEAD_OF_EMOTION), timing))
        self._shown = shapes.copy()

    def set_gaze_share(self, share: float) -> None:
        """Set the share of the time that a bearing is looked at, see ``Gaze.set_share``."""
        self._gaze.set_share(share)

    def look(self, bearing: np.ndarray | None) -> None:
        """Set azimuth and elevation (2,) to look at; None or nan: look around at rest.

        Raises:
            KinesicsError: It is not two angles; nothing is changed.
        """
        if bearing is not None:
            bearing = np.asarray(bearing, dtype=np.float64)
            if bearing.shape != (2,):
                raise KinesicsError(
                    f"Got a bearing of shape {bearing.shape}; give azimuth and elevation, two "
                    "angles in radians, or None."
                )
            if not (math.isfinite(bearing[0]) and math.isfinite(bearing[1])):
                bearing = None
        self._gaze.look(self._time, bearing)
        self._set_blink_rate()

    def step(self, elapsed: float) -> None:
        """Move on by ``elapsed`` seconds; 0 and less: stand still.

        More than 1 counts as 1. A single step that is much longer than the one before it is a jump
        of the clock, or a stall after which a face that jumps would look worse than a late one: it
        counts as much as the one before. Two in a row are a new rate.

        Raises:
            KinesicsError: ``elapsed`` is no number.
        """
        if math.isnan(elapsed):
            raise KinesicsError("Got a step of nan seconds; give the time since the last one.")
        if elapsed <= 0.0:
            return
        elapsed = min(elapsed, MAX_GAP)
        jump = elapsed > _LONG_GAP and 0.0 < 4.0 * self._last_step < elapsed and not self._gap
        if jump:
            elapsed = self._last_step
        self._gap, self._last_step = jump, elapsed
        self._time += elapsed
        self._blinks.advance(self._time, self._gaze.advance(self._time))
        nodding = self._gaze.attending and self._emotion in (NEUTRAL, HAPPINESS)
        self._life.advance(self._time, nodding, self._mood if self._level == 0.0 else _NO_MOOD)
        self._update()

    @property
    def phase(self) -> str:
        """Phase of the expression: onset, apex, offset or rest (Ekman & Friesen's FACS)."""
        if self.progress < 1.0:
            return "onset" if self._rising else "offset"
        return "apex" if self._level > 0.0 else "rest"

    @property
    def progress(self) -> float:
        """Share of the onset's or offset's time that is over, 0..1; 1 at apex and rest."""
        return min(max(self._course.clock(self._time) - self._phase_began, 0.0), 1.0)

    @property
    def head(self) -> np.ndarray:
        """Roll, pitch, yaw (3,) of the head by gaze, emotion and life, REP-103 (pitch is down)."""
        return np.array(self._head)

    def eyes(self, head: np.ndarray) -> np.ndarray:
        """Return azimuth and elevation (2,) of the eyes in a head of that roll, pitch, yaw (3,)."""
        azimuth, elevation = self._looks
        return np.array([within(azimuth - float(head[2]), _RANGE[0]),
                         within(elevation + float(head[1]), _RANGE[1])])

    def blendshapes(self, eyes: np.ndarray) -> np.ndarray:
        """Return the shapes (52,) float32 of this moment, with eyes turned as ``eyes`` says.

        A blink shuts the lids whatever the expression; wide eyes are not half shut by a state
        beneath or a look down: eyeBlink and eyeWide of an eye are never more than 1 together.
        """
        life = self._life.regions(self._time)
        held = 1.0 - MOVEMENT.waver * life
        resting = 1.0 - float(self._face.max())  # a full expression leaves no room for the rest
        twitch = life * life
        shapes = self._face * held[REGION] + (resting * TWITCH) * (twitch * twitch)[REGION]
        trace = resting * self._life.trace(self._time)
        if trace:
            shapes += trace * _face_of(self._life.trace_emotion, 1.0)
        breath = 0.5 + 0.5 * self._life.breath(self._time)
        shapes[_JAW] += resting * MOVEMENT.breath_jaw * breath
        looks = eye_weights(eyes, self._gaze.vergence(self._time))
        shapes[_LOOKS] = looks
        lid = self._blinks.lid(self._time)
        follow = _LIDS_FOLLOW * looks[6] * looks[6]
        for blink, wide in ((_LEFT_BLINK, _LEFT_WIDE), (_RIGHT_BLINK, _RIGHT_WIDE)):
            raised = shapes[wide]
            lowered = (1.0 - (1.0 - shapes[blink]) * (1.0 - follow)) * (1.0 - raised)
            shapes[blink] = 1.0 - (1.0 - lowered) * (1.0 - lid)
            shapes[wide] = raised * (1.0 - lid)
        return np.clip(shapes, 0.0, 1.0).astype(np.float32)

    def _go(self, face: _Face) -> None:
        """Begin the move to a face, as onset, as offset or as a slight change of what is shown."""
        shapes = face.shapes.copy()
        shapes[_LOOKS] = 0.0
        bearing = np.array([*face.head, *_angles(face.shapes)])
        change = face.level - self._level
        if not change and face.emotion == self._emotion and (shapes == self._course.aim).all():
            return
        self._timing = face.timing
        other = face.level > 0.0 and (
            face.emotion != self._emotion
            or face.emotion == NEUTRAL and np.abs(shapes - self._course.aim).max() >= _ADJUST)
        if other or abs(change) >= _ADJUST or 0.0 == face.level < self._level:
            self._rising = face.level > 0.0 and (other or change > 0.0)
            duration = face.timing.onset if self._rising else face.timing.offset
            self._course.go(self._time, shapes, duration)
            self._phase_began = self._course.clock(self._time)
        else:
            duration = _MOOD_TIME
            self._course.go(self._time, shapes, None if self._course.moving else duration)
        if (bearing != self._bearing.aim).any():
            self._bearing.go(self._time, bearing, max(duration, _HEAD_TIME))
        self._emotion, self._level = face.emotion, face.level

    def _set_arousal(self, arousal: float) -> None:
        if arousal != self._arousal:
            self._arousal = arousal
            self._life.set_arousal(self._time, arousal)
            self._set_blink_rate()

    def _set_blink_rate(self) -> None:
        attention = ATTENDING if self._gaze.attending else 1.0
        self._blinks.set_rate(self._time, attention * (1.0 + AROUSAL * self._arousal))

    def _update(self) -> None:
        """Compute what head, eyes and shapes are made of, once a step."""
        self._face = self._course.at(self._time)
        roll, pitch, yaw, azimuth, elevation = self._bearing.at(self._time).tolist()
        gaze, turned = self._gaze.direction(self._time), self._gaze.head(self._time)
        life = self._life.head(self._time)
        self._looks = (gaze[0] + azimuth, gaze[1] + elevation)
        self._head = (
            within(roll + life[0], _HEAD_LIMIT[0]),
            within(pitch + life[1] - turned[1], _HEAD_LIMIT[1]),
            within(yaw + life[2] + turned[0], _HEAD_LIMIT[2]),
        )


@lru_cache(maxsize=64)
def _face_of(emotion: int, intensity: float, plays: bool = False) -> np.ndarray:
    """Return the face of an emotion (52,), to be read only; the state changes more often."""
    if plays:
        shapes = play_face(intensity)
    elif emotion == HAPPINESS:
        shapes = glad_face(intensity)
    else:
        shapes = face_of_emotion(emotion, intensity)
    return shapes.astype(np.float64)


def _angles(shapes: np.ndarray) -> list[float]:
    """Return azimuth and elevation that the eyeLook weights of a face (52,) mean."""
    out_left, in_left, in_right, out_right, up, up_right, down, down_right = shapes[_LOOKS]
    return [0.5 * _RANGE[0] * (out_left - in_left + in_right - out_right),
            0.5 * _RANGE[1] * (up + up_right - down - down_right)]


def eye_weights(eyes: np.ndarray, vergence: float = 0.0) -> tuple[float, ...]:
    """Return the weights of outLeft, inLeft, inRight, outRight, up and down twice each.

    Args:
        eyes: Azimuth (left positive) and elevation (up positive) (2,), radians.
        vergence: Angle by which each eye turns in, radians.
    """
    left = min(max((float(eyes[0]) - vergence) / _RANGE[0], -1.0), 1.0)
    right = min(max((float(eyes[0]) + vergence) / _RANGE[0], -1.0), 1.0)
    up = min(max(float(eyes[1]) / _RANGE[1], -1.0), 1.0)
    raised, lowered = max(up, 0.0), max(-up, 0.0)
    return (max(left, 0.0), max(-left, 0.0), max(right, 0.0), max(-right, 0.0),
            raised, raised, lowered, lowered)
