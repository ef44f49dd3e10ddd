"""Emotional whole-body motion out of nothing, and emotional restyling of motion that is there.

Stands in for the text-to-motion model with which Costea, Marcu, Lazar & Leordeanu
(arXiv 2603.01804, section 2.3) pretrain: clips of 10 s, COCO-17 in metres at 30 Hz, labelled with
the emotion that moved the body and its valence, arousal and dominance (VAD). What VAD does to
movement follows

- Wallbott (1998), European J. Social Psychology 28: activity and expansiveness grow with arousal;
  sadness and shame collapse trunk and head; lifted shoulders in joy, anger and fear;
- Montepare, Koff, Zaitchik & Albert (1999), J. Nonverbal Behavior 23: anger is jerky, fast and
  expansive, joy fast and expansive but smoother, sadness slow, soft and contracted;
- Roether, Omlor, Christensen & Giese (2009), J. Vision 9: in walking, speed, step and arm swing
  grow with anger and joy and shrink in sadness and fear; the head sinks in sadness, the elbows
  bend in anger and fear;
- Crane & Gross (2013), J. Nonverbal Behavior 37: neck and trunk bend in sadness, chest and
  shoulders open in joy and pride;
- Coulson (2004), J. Nonverbal Behavior 28: the head goes back in joy, anger, surprise and fear;
- Dael, Mortillaro & Scherer (2012), Emotion 12: which actions (arms up, self-touch, leaning back)
  go with which emotion.

Sizes are authored. Emotion is never the only cause: each person has a body, a temper and a hand of
their own, feels with an intensity between a trace and full, and does ordinary things as well.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS
from kinesics_core.body.arm_poses import arm_vector
from kinesics_core.dataset.clips import Clip, Dataset, Info, Writer
from kinesics_core.dataset.resampling import resample
from kinesics_core.errors import KinesicsError
from kinesics_core.expression.body_animator import JOINT_HIGH, JOINT_LOW
from kinesics_core.expression.posture import COLLARS, HEAD, LEFT_ARM, SPINE, posture
from kinesics_core.kinematics import HEAD_OFFSETS, REST_OFFSETS, coco_keypoints, forward_kinematics
from kinesics_core.motion.windows import HORIZON, OBSERVED, RATE
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import COCO17, COCO17_FLIP, SMPLX_BODY, SMPLX_BODY_PARENTS
from kinesics_core.synthesis.footwork import (
    Gait,
    ankles,
    flight,
    gait,
    lift_heels,
    reachable_height,
    smooth,
    solve_legs,
)
from kinesics_core.synthesis.motion_primitives import (
    ARM_ORIGIN,
    ELBOW_RANGE,
    REPERTOIRE,
    RESTS,
    Performer,
    Score,
    Style,
    arm_angles,
    look,
    nod,
    relax,
    shift_weight,
    step_by,
)

STEP = 15
"""Frames between the windows that a tier counts: half a second."""

FRAMES = 300
"""Frames of a generated clip, 10 s: 15 windows of 90 frames at ``STEP``."""

TIERS = {"9k": 9_000, "45k": 45_000, "90k": 90_000}

_LEAD = 30  # frames before the first, so that a clip begins in the middle of something
_RESTYLED = 0.5  # share of clips that are made from recordings when there are any
_SHORTEST = 1.0  # seconds of a recording
_LONG = 5.5  # seconds of a recording that is played through: 90 frames even at the fastest tempo
_CLIPS_PER_PERSON = 4  # of each emotion


@dataclass(frozen=True, slots=True)
class Emotion:
    """What moves a body. vad: valence, arousal, dominance, -1..1. favours: primitive -> how many
    times as often as VAD alone would have it. lean: of the trunk, radians, forward positive."""

    name: str
    vad: tuple[float, float, float]
    favours: dict[str, float] = field(default_factory=dict)
    lean: float = 0.0


# Actions and leaning: Wallbott (1998), Dael, Mortillaro & Scherer (2012).
_FAVOURS: dict[str, tuple[dict[str, float], float]] = {
    "happiness": ({"clap": 2.0, "dance": 3.0, "laugh": 1.5, "cheer": 1.3}, 0.0),
    "anger": ({"strike": 5.0, "fists": 5.0, "accuse": 5.0, "stamp": 4.0}, 0.07),
    "surprise": (
        {"startle": 8.0, "hand_to_mouth": 5.0, "recoil": 5.0, "hands_on_head": 4.0}, -0.06),
    "sadness": ({"slump": 3.0, "sob": 3.0, "cover_face": 2.0, "sigh": 2.0}, 0.04),
    "disgust": (
        {"push_away": 6.0, "turn_away": 6.0, "hand_to_mouth": 4.0, "hold_belly": 3.0}, -0.08),
    "contempt": ({"dismiss": 6.0, "look_down_on": 9.0, "shrug": 3.0}, -0.06),
    "fear": ({"cower": 4.0, "ward_off": 3.0, "recoil": 3.0}, -0.10),
    "neutral": ({"beats": 1.5, "think": 1.5}, 0.0),
}  # fmt: skip

# The paper's three prompts. Their VAD are those of Excited, Joyful and Friendly in Russell &
# Mehrabian (1977), the nearest terms it has.
PROMPTS = (
    Emotion("enthusiastic", (0.62, 0.75, 0.38),
            {"cheer": 4.0, "fist_pump": 5.0, "bounce": 4.0, "beats": 2.0}),
    Emotion("laughing", (0.76, 0.48, 0.35), {"laugh": 14.0, "hold_belly": 4.0}),
    Emotion("happy to see you", (0.69, 0.35, 0.30),
            {"wave": 8.0, "embrace": 6.0, "approach": 6.0, "open_arms": 4.0}),
)

KNOWN: dict[str, Emotion] = {
    name: Emotion(name, tuple(vad), *_FAVOURS[name])
    for name, vad in zip(EMOTIONS, EMOTION_VAD.tolist(), strict=True)
} | {emotion.name: emotion for emotion in PROMPTS}
"""The eight emotions of ``affect.emotions`` and the paper's three prompts."""

# Where arms rest, as the repertoire: the VAD it fits and how often; "hanging" follows posture.
_REST_FITS = {
    "hanging": ((0.0, 0.0, 0.0), 6.0), "clasped": ((0.1, -0.2, -0.3), 0.7),
    "behind": ((0.1, -0.1, 0.3), 0.5), "pockets": ((0.0, -0.4, 0.0), 0.5),
    "on_hips": ((-0.1, 0.4, 0.7), 0.7), "crossed": ((-0.4, 0.1, 0.4), 0.8),
    "embraced": ((-0.6, 0.1, -0.6), 0.9),
}  # fmt: skip

_CONTENTS = ("standing", "wandering", "walking", "running", "sitting")


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a body and a temper; the same in all their clips.

    offsets: (22, 3) metres, as ``motion.kinematics.REST_OFFSETS``. main: the hand they use.
    temper: tempo, extent, sharpness, trunk pitch, head pitch, shoulder height; standard normal.
    """

    name: str
    offsets: np.ndarray
    main: str
    temper: np.ndarray


class Recording(NamedTuple):
    """A clip of a dataset that can be restyled."""

    dataset: Dataset
    number: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """A clip that is yet to be made: cheap to list, so that those made already can be skipped."""

    name: str
    frames: int
    emotion: Emotion
    index: int
    seed: int
    recording: Recording | None = None

    @property
    def windows(self) -> int:
        return windows_in(self.frames)


def windows_in(frames: int) -> int:
    """How many windows of 90 frames, ``STEP`` apart, fit into a clip at 30 Hz."""
    return max(0, (frames - OBSERVED - HORIZON) // STEP + 1)


def usable(dataset: Dataset) -> list[Recording]:
    """The recordings of a dataset that ``plans`` can restyle: upright people who move, 1 s or more.

    KinesicsError if it does not hold COCO-17 in three dimensions, or no such clip.
    """
    if dataset.info.dimensions != 3 or dataset.info.keypoints != COCO17:
        raise KinesicsError(
            f"{dataset.path} has {len(dataset.info.keypoints)} keypoints in"
            f" {dataset.info.dimensions} dimensions; --clips wants COCO-17 in metres, as"
            " `kinesics data import bvh` makes it."
        )
    found = []
    for number, clip in enumerate(dataset):
        seconds = (len(clip.keypoints) - 1) / clip.rate
        if seconds >= _SHORTEST and _upright_and_moving(clip):
            found.append(Recording(dataset, number, seconds))
    if not found:
        raise KinesicsError(
            f"None of the {len(dataset)} clips of {dataset.path} shows an upright person who moves"
            f" for {_SHORTEST:g} s or more; leave it out of --clips."
        )
    return found


def parse_emotions(text: str | None) -> list[Emotion]:
    """Comma-separated names, or name=valence,arousal,dominance separated by semicolons or spaces.

    ``"anger,fear"``; ``"anger;pride=.4,.3,.7"``. None: all that are known.
    """
    if text is None:
        return list(KNOWN.values())
    found = []
    for item in text.split(";") if "=" in text or ";" in text else text.split(","):
        name, given, numbers = (part.strip() for part in item.partition("="))
        if not given:
            if name not in KNOWN:
                raise KinesicsError(
                    f"Got emotion {name!r}; use one of {', '.join(KNOWN)}, or give its VAD as"
                    f" {name or 'name'}=valence,arousal,dominance and separate with semicolons."
                )
            found.append(KNOWN[name])
            continue
        try:
            valence, arousal, dominance = (float(number) for number in numbers.split(","))
        except ValueError:
            raise KinesicsError(
                f"Got {item.strip()!r}; wanted name=valence,arousal,dominance, three numbers from"
                " -1 to 1, with semicolons between emotions."
            ) from None
        if not name or not max(abs(valence), abs(arousal), abs(dominance)) <= 1.0:
            raise KinesicsError(
                f"Got {item.strip()!r}; wanted a name and valence, arousal and dominance within"
                " -1 to 1."
            )
        found.append(Emotion(name, (valence, arousal, dominance)))
    names = [emotion.name for emotion in found]
    if len(set(names)) < len(names):
        raise KinesicsError(f"Got {text!r}, which names an emotion twice; name each once.")
    return found


def plans(
    windows: int, emotions: Sequence[Emotion], seed: int, recordings: Sequence[Recording] = (),
) -> list[Plan]:
    """Clips of at least ``windows`` windows in all, emotions in turn.

    A plan depends on the seed and its number alone, so fewer windows are a prefix of more.
    recordings: of ``usable``; half of the clips are made from them.
    """
    if windows < 1:
        raise KinesicsError(f"Got {windows} windows; wanted at least 1.")
    found: list[Plan] = []
    total = 0
    while total < windows:
        index = len(found)
        emotion = emotions[index % len(emotions)]
        plan = Plan(f"{index:06d}_{emotion.name.replace(' ', '_')}", FRAMES, emotion, index, seed)
        rng = np.random.default_rng((seed, index, 1))
        if recordings and rng.random() < _RESTYLED:
            recording = recordings[int(rng.integers(len(recordings)))]
            plan = replace(plan, recording=recording)
            if recording.seconds >= _LONG:
                frames = int(recording.seconds * RATE / _feel(plan)[2].tempo)
                plan = replace(plan, frames=min(FRAMES, frames))
        found.append(plan)
        total += plan.windows
    return found


def make(plan: Plan) -> Clip:
    """The clip of a plan; the same for the same seed on the same machine."""
    person, felt, style, intensity, rng = _feel(plan)
    labels = {
        "emotion": plan.emotion.name,
        **{name: f"{round(value, 2) + 0.0:.2f}" for name, value in
           zip(("valence", "arousal", "dominance"), felt, strict=True)},
        "intensity": f"{intensity:.2f}",
    }
    if plan.recording is None:
        content = str(rng.choice(_CONTENTS, p=_content_odds(felt)))
        keypoints = perform(rng, person, plan.emotion, felt, style, content, plan.frames)
        labels |= {"content": content, "person": person.name}
        return Clip(plan.name, "kinesics", plan.name, RATE, keypoints.astype(np.float32), labels)
    dataset, number, _ = plan.recording
    clip = dataset[number]
    keypoints = resample(clip.keypoints, clip.rate * style.tempo, RATE)
    if len(keypoints) < plan.frames:
        keypoints = _back_and_forth(rng, keypoints, plan.frames)
    start = int(rng.integers(len(keypoints) - plan.frames + 1))
    keypoints = restyle(keypoints[start:start + plan.frames], style)
    if rng.random() < 0.5:
        keypoints = keypoints[:, list(COCO17_FLIP)] * (-1.0, 1.0, 1.0)
    labels |= {"content": "restyled", "person": f"{dataset.info.name}/{clip.group}"}
    group = f"{dataset.info.name}/{clip.group}"
    return Clip(plan.name, clip.source, group, RATE, keypoints.astype(np.float32), labels)


def synthesise(path: str | Path, planned: Iterable[Plan], info: Info) -> None:
    """Write the clips of ``planned`` to a dataset, going on where an earlier run was killed."""
    with Writer(path, info) as writer:
        for plan in planned:
            if not writer.has(plan.name):
                writer.add(make(plan))


def style_of(vad: np.ndarray, temper: np.ndarray, lean: float = 0.0) -> Style:
    """How someone of a temper (6,) moves in a state (valence, arousal, dominance); see the top."""
    valence, arousal, dominance = vad
    activity = arousal + 0.2 * valence + 0.15 * dominance
    pose = posture(np.asarray(vad))
    pose[SPINE][1] = 1.7 * pose[SPINE][1] - 0.05 + lean + 0.05 * temper[3]
    pose[HEAD][1] = 1.6 * pose[HEAD][1] - 0.2 * arousal + 0.07 * temper[4]
    pose[COLLARS] += 0.03 * temper[5]
    return Style(
        tempo=float(np.clip(1.1 * np.exp(0.65 * activity + 0.13 * temper[0]), 0.6, 1.7)),
        extent=float(np.clip(np.exp(0.4 * arousal + 0.45 * dominance + 0.2 * valence
                                    + 0.16 * temper[1]), 0.5, 1.6)),
        sharpness=float(np.clip(0.4 + 0.6 * arousal - 0.2 * valence + 0.12 * temper[2], 0.0, 1.0)),
        rest=float(np.exp(-1.4 * activity - 0.2 * temper[0])),
        liveliness=float(np.exp(0.8 * arousal + 0.15 * temper[0])),
        tremor=0.05 * max(arousal, 0.0) * max(-dominance, 0.0),
        posture=pose,
    )


def perform(
    rng: np.random.Generator, person: Person, emotion: Emotion, felt: np.ndarray, style: Style,
    content: str, frames: int,
) -> np.ndarray:
    """Improvise: COCO-17 (frames, 17, 3) metres at 30 Hz, y up, floor at 0, mostly facing z."""
    times = np.arange(-_LEAD, frames) / RATE
    seated = content == "sitting"
    resting = _resting(rng, felt, style, person.main, seated)
    start = dict(resting)
    start["spine"], start["head"] = style.posture[SPINE], style.posture[HEAD]
    start["collars"] = style.posture[COLLARS]
    heading = rng.normal(0.0, 0.35) if rng.random() < 0.9 else rng.uniform(-math.pi, math.pi)
    if content in ("walking", "running"):
        heading = rng.uniform(-math.pi, math.pi)
    start["heading"] = np.array([heading])
    place = np.array([rng.normal(0.0, 0.3), rng.normal(0.0, 0.3)])
    apart, stagger = 0.5 * rng.uniform(0.18, 0.36), 0.5 * rng.normal(0.0, 0.06)
    left = np.array([math.cos(heading), -math.sin(heading)])
    ahead = np.array([math.sin(heading), math.cos(heading)])
    places = np.stack([place + apart * left + stagger * ahead,
                       place - apart * left - stagger * ahead])
    who = Performer(rng, style, Score(start), person.main, resting, places.copy(), seated)
    walk = None
    if content in ("walking", "running"):
        walk = _walk(rng, felt, style, times, heading, place, person, content == "running")
        places[:] = place
        who.steps.extend(walk.steps)
        who.feet_free = math.inf
        # Who is on the way gestures less.
        style = who.style = replace(style, rest=2.5 * style.rest + 1.0)
    end = float(times[-1])
    _improvise_arms(who, emotion, felt, end, moving=walk is not None)
    _improvise_head(who, end)
    if walk is None and not seated:
        _improvise_feet(who, end, often=content == "wandering")
    return _render(rng, who, person, times, places, walk)[_LEAD:]


def random_person(rng: np.random.Generator, name: str) -> Person:
    """Segments within a tenth of the average body; nine in ten use the right hand more."""
    stature = np.clip(rng.normal(1.0, 0.05), 0.9, 1.1)
    factor = np.empty(len(SMPLX_BODY))
    shared = {key: np.clip(rng.normal(1.0, 0.035), 0.92, 1.08) for key in
              ("trunk", "neck", "wide", "hips", "thigh", "shin", "upper", "fore", "foot")}
    of = {"pelvis": "thigh", "spine": "trunk", "neck": "trunk", "head": "neck", "collar": "wide",
          "shoulder": "wide", "elbow": "upper", "wrist": "fore", "hip": "hips", "knee": "thigh",
          "ankle": "shin", "foot": "foot"}  # fmt: skip
    for index, joint in enumerate(SMPLX_BODY):
        factor[index] = shared[of[joint.split("_")[-1].rstrip("123")]] * stature
    main = "right" if rng.random() < 0.9 else "left"
    temper = np.clip(rng.standard_normal(6), -2.0, 2.0)
    return Person(name, REST_OFFSETS * factor[:, None], main, temper)


def restyle(keypoints: np.ndarray, style: Style) -> np.ndarray:
    """Someone else's clip (T, 17, 3) in an emotional style: extent of the arms, trunk and head.

    In the body's own axes, directions of the arms go away from (or towards) their mean over the
    clip by the style's extent, and trunk and head incline as its posture says. Bones keep their
    lengths, hips and legs stay as they are, so feet do not begin to slide. nan stays nan.
    """
    index = {name: number for number, name in enumerate(COCO17)}
    out = np.array(keypoints, dtype=np.float64)
    sides = [(index[f"{s}_shoulder"], index[f"{s}_elbow"], index[f"{s}_wrist"])
             for s in ("left", "right")]
    hips = [index["left_hip"], index["right_hip"]]
    across = out[:, sides[0][0]] - out[:, sides[1][0]] + out[:, hips[0]] - out[:, hips[1]]
    across[:, 1] = 0.0
    across /= np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
    up = np.broadcast_to([0.0, 1.0, 0.0], across.shape)
    axes = np.stack([across, up, np.cross(across, up)], axis=-1)  # columns left, up, forward

    extent = float(np.clip(style.extent, 0.65, 1.35))
    for shoulder, elbow, wrist in sides:
        chain = []
        for parent, child in ((shoulder, elbow), (elbow, wrist)):
            bone = np.einsum("tji,tj->ti", axes, out[:, child] - out[:, parent])
            length = np.linalg.norm(bone, axis=-1, keepdims=True)
            unit = bone / np.maximum(length, 1e-6)
            usual = np.nanmean(unit, axis=0) if np.isfinite(unit).any() else np.zeros(3)
            unit = usual + extent * (unit - usual)
            unit /= np.maximum(np.linalg.norm(unit, axis=-1, keepdims=True), 1e-6)
            chain.append(np.einsum("tij,tj->ti", axes, unit * length))
        out[:, elbow] = out[:, shoulder] + chain[0]
        out[:, wrist] = out[:, elbow] + chain[1]

    head = [index[name] for name in HEAD_OFFSETS]
    trunk = [*head, *(joint for side in sides for joint in side)]
    neck = 0.5 * (out[:, sides[0][0]] + out[:, sides[1][0]])
    out[:, head] = _incline(out[:, head], neck, across, style.posture[HEAD][1])
    pelvis = out[:, hips].mean(axis=1)
    out[:, trunk] = _incline(out[:, trunk], pelvis, across, style.posture[SPINE][1])
    return out


def _back_and_forth(rng: np.random.Generator, keypoints: np.ndarray, frames: int) -> np.ndarray:
    """A short clip (T, 17, 3) played forwards and backwards in turn for ``frames`` frames.

    Time slows down where it turns, so that nothing stops from one frame to the next.
    """
    last = len(keypoints) - 1
    margin = 9
    running = np.arange(-margin, frames + margin) + rng.uniform(0.0, 2.0 * last)
    turning = last - np.abs(running % (2 * last) - last)
    times = smooth(turning[:, None], 4.0, margin)[margin:-margin, 0]
    low = np.minimum(times.astype(int), last - 1)
    share = (times - low)[:, None, None]
    return keypoints[low] * (1.0 - share) + keypoints[low + 1] * share


def _incline(
    points: np.ndarray, about: np.ndarray, axis: np.ndarray, angle: float
) -> np.ndarray:
    """(T, K, 3) turned by ``angle`` about an axis (T, 3) through ``about`` (T, 3)."""
    turn = exponential(axis * angle)
    return about[:, None] + np.einsum("tij,tkj->tki", turn, points - about[:, None])


def _feel(plan: Plan) -> tuple[Person, np.ndarray, Style, float, np.random.Generator]:
    """Who performs a plan, the VAD they feel (3,), how that makes them move, how strongly."""
    number = plan.index // (_CLIPS_PER_PERSON * len(KNOWN))
    person = random_person(np.random.default_rng((plan.seed, number, 2)), f"{number:04d}")
    rng = np.random.default_rng((plan.seed, plan.index, 3))
    intensity = 0.4 + 0.6 * float(rng.beta(2.0, 1.1))
    felt = np.clip(intensity * np.array(plan.emotion.vad) + rng.normal(0.0, 0.06, 3), -1.0, 1.0)
    # Days differ, too.
    temper = person.temper + rng.normal(0.0, 0.4, len(person.temper))
    return person, felt, style_of(felt, temper, intensity * plan.emotion.lean), intensity, rng


def _upright_and_moving(clip: Clip) -> bool:
    """Emotions are put on people on their feet or on a chair, not on crawlers and sleepers."""
    keypoints = clip.keypoints
    shoulders = 0.5 * (keypoints[:, 5] + keypoints[:, 6])
    trunk = shoulders - 0.5 * (keypoints[:, 11] + keypoints[:, 12])
    upright = trunk[:, 1] / np.maximum(np.linalg.norm(trunk, axis=-1), 1e-6)
    hands = np.diff(keypoints[:, 9:11], axis=0) * clip.rate
    if not np.isfinite(upright).any() or not np.isfinite(hands).any():
        return False
    return bool(np.nanmedian(upright) > 0.75
                and np.nanmean(np.linalg.norm(hands, axis=-1)) > 0.02)


def _odds(
    felt: np.ndarray, fits: Sequence[tuple[float, float, float]], often: Sequence[float]
) -> np.ndarray:
    distance = np.sum((np.array(fits) - felt) ** 2, axis=1)
    odds = np.array(often) * (np.exp(-distance / (2.0 * 0.40**2)) + 0.02)
    return odds / odds.sum()


def _content_odds(felt: np.ndarray) -> np.ndarray:
    odds = np.array([5.0, 1.6, 2.2, 0.2 * math.exp(1.2 * felt[1]), 0.8])
    return odds / odds.sum()


def _resting(
    rng: np.random.Generator, felt: np.ndarray, style: Style, main: str, seated: bool
) -> dict[str, np.ndarray]:
    """Where the arms hang: angles (4,) of the left and the right one."""
    names = list(_REST_FITS)
    odds = _odds(felt, [fits for fits, _ in _REST_FITS.values()],
                 [often for _, often in _REST_FITS.values()])
    name = str(rng.choice(names, p=odds))
    if seated:
        name = "on_thighs" if name in ("hanging", "behind", "pockets", "on_hips") else name
    if name == "hanging":
        hanging = style.posture[LEFT_ARM] + np.array([*rng.normal(0.0, 0.05, 6), 0.0, 0.0, 0.0])
        return {part: arm_angles(hanging) + rng.normal(0.0, 0.04, 4) for part in ("left", "right")}
    mine, other = RESTS[name]
    hands = (mine, other) if main == "right" else (other, mine)
    return {part: arm_angles(arm_vector(arm)) + rng.normal(0.0, 0.03, 4)
            for part, arm in zip(("right", "left"), hands, strict=True)}


def _improvise_arms(
    who: Performer, emotion: Emotion, felt: np.ndarray, end: float, *, moving: bool
) -> None:
    names = [n for n in REPERTOIRE
             if not (n in ("bounce", "dance", "stamp", "approach") and (moving or who.seated))]
    odds = _odds(felt, [REPERTOIRE[n].fits for n in names],
                 [REPERTOIRE[n].often * emotion.favours.get(n, 1.0) for n in names])
    now = -1.0 + who.rng.exponential(who.style.rest)
    while now < end:
        name = names[int(who.rng.choice(len(names), p=odds))]
        if moving and name == "recoil":
            name = "ward_off"
        now = REPERTOIRE[name].perform(who, now)
        pause = who.rng.exponential(who.style.rest) * (who.rng.random() < 0.7)
        if pause > 0.8:
            raised = {hand for hand in ("left", "right") if who.score.target(f"{hand}_busy")[0]}
            relax(who, now + 0.3 * pause, who.time_of(1.0), raised)
        now += pause


def _improvise_head(who: Performer, end: float) -> None:
    away = float(np.clip(0.28 * who.style.liveliness, 0.12, 0.6))
    now = -1.0 + who.rng.exponential(1.0)
    while now < end:
        choice = who.rng.random()
        if choice < 0.25:
            now = nod(who, now)
        else:
            now = look(who, now, away if choice < 0.7 else 0.2 * away)
        now += who.rng.exponential(1.8 / who.style.tempo)


def _improvise_feet(who: Performer, end: float, *, often: bool) -> None:
    now = -1.0 + who.rng.exponential(1.5)
    while now < end:
        if now >= who.feet_free and who.rng.random() < (0.75 if often else 0.2):
            forward, left = np.clip(who.rng.normal(0.0, 0.18 if often else 0.07, 2), -0.25, 0.25)
            turn = who.rng.normal(0.0, 0.5) if who.rng.random() < 0.4 else 0.0
            home = float(who.score.target("heading")[0])
            step_by(who, now, forward, left, float(np.clip(turn - 0.4 * home, -0.9, 0.9)))
        else:
            shift_weight(who, now)
        now += 0.8 + who.rng.exponential((0.7 if often else 2.2) / who.style.tempo)


def _walk(
    rng: np.random.Generator, felt: np.ndarray, style: Style, times: np.ndarray, heading: float,
    place: np.ndarray, person: Person, running: bool,
) -> Gait:
    """A path with turns and stops, at the speed of the emotion (Roether et al. 2009)."""
    valence, arousal, dominance = felt
    pace = math.exp(0.45 * arousal + 0.15 * valence + 0.25 * dominance + 0.14 * rng.normal())
    mean = float(np.clip((2.4 if running else 1.10) * pace, 0.5, 3.2 if running else 2.0))
    score = Score({"heading": np.array([heading])})
    now = float(times[0]) + rng.exponential(2.0)
    while now < times[-1]:
        turn = rng.normal(0.0, 0.9)
        duration = rng.uniform(1.0, 1.6) * (0.5 + abs(turn)) * 1.2 / min(mean, 1.6)
        score.move("heading", now, duration, score.target("heading") + turn)
        now += duration + rng.exponential(1.5)
    speed = np.full(len(times), mean) * (1.0 + 0.05 * np.sin(times * rng.uniform(0.5, 1.2)))
    if rng.random() < 0.35:
        stop, again = rng.uniform(1.0, 8.0), rng.uniform(1.5, 4.0)
        brake = np.clip((times - stop) / 0.9, 0.0, 1.0)
        go = np.clip((times - stop - again) / 0.9, 0.0, 1.0)
        speed *= 1.0 - brake**2 * (3 - 2 * brake) + go**2 * (3 - 2 * go)
    headings = score.evaluate(times)["heading"][:, 0]
    legs = float(np.abs(person.offsets[[4, 7], 1]).sum()) / 0.835
    return gait(
        times, speed, headings, (place[0], place[1]),
        length=(0.80 if running else 0.64) * legs * math.exp(0.06 * rng.normal()),
        width=0.12 * legs, running=running,
        lift=(0.30 if running else 0.15) * (0.8 + 0.2 * style.extent),
    )  # fmt: skip


_UPPER = [0, 1, 2, 3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]
_ROW = {SMPLX_BODY[joint]: row for row, joint in enumerate(_UPPER)}
_UPPER_PARENTS = [
    -1 if joint == 0 else _UPPER.index(SMPLX_BODY_PARENTS[joint]) for joint in _UPPER
]
_MIRROR = np.array([1.0, -1.0, -1.0])  # of a rotation vector, left to right


def _render(
    rng: np.random.Generator, who: Performer, person: Person, times: np.ndarray,
    places: np.ndarray, walk: Gait | None,
) -> np.ndarray:
    """Score, steps and body -> COCO-17 (T, 17, 3)."""
    offsets, style = person.offsets, who.style
    part = who.score.evaluate(times)
    drift = _drift(rng, times, 20) * style.liveliness
    breath = np.sin(2 * np.pi * (0.25 + 0.10 * max(style.liveliness - 1.0, -0.6)) * times
                    + rng.uniform(0, 2 * np.pi))
    spine = part["spine"] + 0.012 * drift[:, 0:3]
    head = part["head"] + 0.022 * drift[:, 3:6]
    collars = part["collars"] + 0.010 * drift[:, 6:8] + 0.012 * breath[:, None]
    shift = part["shift"] + 0.008 * drift[:, 8:10]
    heading = part["heading"][:, 0] + 0.02 * drift[:, 10]
    pelvis_turn = np.zeros((len(times), 3))  # pitch, yaw, roll
    swing = np.zeros(len(times))
    bob = np.zeros(len(times))
    running = False
    if walk is not None:
        heading = walk.heading + 0.02 * drift[:, 10]
        pace = np.gradient(walk.phase, times)
        running = bool(np.max(np.linalg.norm(np.gradient(walk.path, times, axis=0), axis=1)) > 2.0)
        on = smooth(np.clip(pace / 1.6, 0.0, 1.3)[:, None], 6.0, 15)[:, 0]
        side, turn = np.sin(np.pi * walk.phase) * on, np.cos(np.pi * walk.phase) * on
        pelvis_turn[:, 1] -= 0.09 * turn
        pelvis_turn[:, 2] += 0.05 * side
        spine[:, 2] += 0.15 * turn * style.extent
        spine[:, 0] -= 0.04 * side
        shift[:, 0] += 0.022 * side
        size = (0.55 if running else 0.36) * style.extent * math.exp(0.2 * rng.normal())
        swing = size * turn
        spine[:, 1] += 0.16 if running else 0.03
        head[:, 1] -= 0.10 if running else 0.0
        if running:
            bob = 0.035 * np.cos(2 * np.pi * (walk.phase - 0.8)) * on

    spine = np.clip(spine, [-0.5, -0.45, -0.7], [0.5, 1.0, 0.7])
    pelvis_turn[:, 0] += 0.35 * np.maximum(spine[:, 1], 0.0)
    shift[:, 1] -= 0.14 * np.maximum(spine[:, 1], 0.0)

    # The pelvis is over the feet, unless seated; a filter as long as a step keeps it steady.
    feet = ankles(times, places, who.steps, _ankle_height(offsets))
    air = flight(times, who.jumps)
    feet[:, :, 1] += air[:, None]
    ahead = np.stack([np.sin(heading), np.cos(heading)], axis=-1)
    aside = np.stack([np.cos(heading), -np.sin(heading)], axis=-1)
    if walk is not None:
        root = walk.path.copy()
    else:
        root = smooth(feet[:, :, [0, 2]].mean(axis=1), 7.0, 18)
    root += shift[:, :1] * aside + shift[:, 1:] * ahead

    rotations = np.empty((len(times), len(_UPPER), 3, 3))
    rotations[:] = np.eye(3)
    yaw, tilt = np.zeros((2, len(times), 3))
    yaw[:, 1] = heading + pelvis_turn[:, 1]
    tilt[:, 0], tilt[:, 2] = pelvis_turn[:, 0], pelvis_turn[:, 2]
    rotations[:, 0] = exponential(yaw) @ exponential(tilt)
    bend = spine[:, [1, 2, 0]]
    bend[:, 0] -= pelvis_turn[:, 0]
    bend[:, 2] -= pelvis_turn[:, 2]
    for name, share in (("spine1", 0.4), ("spine2", 0.3), ("spine3", 0.3)):
        rotations[:, _ROW[name]] = exponential(share * bend)
    # Half of a bend of the trunk is taken back by the neck: people look ahead.
    nod_back = np.zeros_like(head)
    nod_back[:, 1] = 0.4 * np.maximum(spine[:, 1] - style.posture[SPINE][1], 0.0)
    for name in ("neck", "head"):
        low, high = (limit[SMPLX_BODY.index(name) - 1] for limit in (JOINT_LOW, JOINT_HIGH))
        half = np.clip(0.5 * (head - nod_back)[:, [1, 2, 0]], low, high)
        rotations[:, _ROW[name]] = exponential(half)
    for number, (hand, sign) in enumerate((("left", 1.0), ("right", -1.0))):
        mirror = np.ones(3) if sign > 0 else _MIRROR
        free = 1.0 - np.clip(part[f"{hand}_busy"][:, 0], 0.0, 1.0)
        swung = np.zeros((len(times), 3))
        swung[:, 0] = sign * swing * (0.2 + 0.8 * free)
        wobble = drift[:, 11 + 4 * number:15 + 4 * number] * (0.035, 0.035, 0.035, 0.05)
        shaken = style.tremor * np.sin(
            2 * np.pi * rng.uniform(6.0, 9.0) * times[:, None] + rng.uniform(0, 6, 4))
        arm = part[hand] + wobble + shaken * (0.3, 0.3, 0.3, 0.6)
        flexion = arm[:, 3] + free * (1.0 if running else 0.0) + 0.35 * np.maximum(-swung[:, 0], 0)
        flexion = np.clip(flexion, *ELBOW_RANGE)
        turned = exponential(swung) @ _reflected(ARM_ORIGIN, sign) @ exponential(
            arm[:, :3] * mirror)
        rotations[:, _ROW[f"{hand}_shoulder"]] = turned
        elbow = np.zeros((len(times), 3))
        elbow[:, 1] = -sign * flexion
        rotations[:, _ROW[f"{hand}_elbow"]] = exponential(elbow)
        raised = np.zeros((len(times), 3))
        raised[:, 2] = sign * np.clip(collars[:, number], -0.15, 0.5)
        rotations[:, _ROW[f"{hand}_collar"]] = exponential(raised)

    chain = np.broadcast_to(offsets[_UPPER], (len(times), len(_UPPER), 3)).copy()
    chain[:, 0] = 0.0
    hips = np.einsum("tij,kj->tki", rotations[:, 0], offsets[[1, 2]])
    hips[:, :, [0, 2]] += root[:, None]
    thigh, shin = (float(np.linalg.norm(offsets[joint])) for joint in (4, 7))
    if who.seated:
        # On a chair: the pelvis stays behind the feet, a little under knee height above them.
        seat = 0.95 * shin + 0.10
        back = rng.uniform(0.36, 0.46) * (thigh / 0.416)
        root = root - back * ahead
        hips[:, :, [0, 2]] -= back * ahead[:, None]
        height = seat + 0.004 * drift[:, 19]
    else:
        ease = _ankle_height(offsets) - float(offsets[1, 1]) + 0.985 * (thigh + shin)
        wish = ease + air + bob - np.clip(part["crouch"][:, 0], 0.0, 0.3)
        limit = reachable_height(hips, feet, thigh + shin)
        # As low as the legs need, within reason; no corners where one limit takes over.
        give = 0.035 if walk is not None else 0.10
        limit = np.logaddexp(60.0 * limit, 60.0 * (wish - give)) / 60.0
        height = -np.logaddexp(-60.0 * wish, -60.0 * limit) / 60.0
        feet = lift_heels(hips + (0.0, 1.0, 0.0) * height[:, None, None], feet, thigh + shin)
    chain[:, 0, [0, 2]] = root
    chain[:, 0, 1] = height
    hips[:, :, 1] += height[:, None]
    positions, orientations = forward_kinematics(rotations, chain, _UPPER_PARENTS)
    # Knees point ahead and a little outward, as feet do.
    outward = 0.10 * np.array([1.0, -1.0])[None, :, None] * aside[:, None]
    towards = np.zeros((len(times), 2, 3))
    towards[:, :, [0, 2]] = ahead[:, None] + outward
    towards[:, :, 1] = 0.9 if who.seated else 0.0
    knees, ends = solve_legs(hips, feet, towards, thigh, shin)
    joints = {
        f"{side}_{name}": positions[:, _ROW[f"{side}_{name}"]]
        for side in ("left", "right") for name in ("shoulder", "elbow", "wrist")
    }
    for number, side_name in enumerate(("left", "right")):
        joints[f"{side_name}_hip"] = hips[:, number]
        joints[f"{side_name}_knee"] = knees[:, number]
        joints[f"{side_name}_ankle"] = ends[:, number]
    return coco_keypoints(joints, positions[:, _ROW["head"]], orientations[:, _ROW["head"]])


def _ankle_height(offsets: np.ndarray) -> float:
    return -float(offsets[10, 1]) + 0.015


def _reflected(rotation: np.ndarray, sign: float) -> np.ndarray:
    """The rotation as the other side of the body makes it, for ``sign`` -1."""
    mirror = np.diag([sign, 1.0, 1.0])
    return mirror @ rotation @ mirror


def _drift(rng: np.random.Generator, times: np.ndarray, channels: int) -> np.ndarray:
    """(T, channels) of unit variance: the slow unrest of a living body, 1/f from .07 to 3 Hz."""
    hertz = np.geomspace(0.07, 3.0, 12) * np.exp(rng.uniform(-0.15, 0.15, 12))
    size = hertz**-0.9
    size *= np.sqrt(2.0 / np.sum(size**2))
    phase = rng.uniform(0.0, 2.0 * np.pi, (len(hertz), channels))
    turn = 2.0 * np.pi * np.outer(times, hertz)
    return (np.sin(turn) * size) @ np.cos(phase) + (np.cos(turn) * size) @ np.sin(phase)
