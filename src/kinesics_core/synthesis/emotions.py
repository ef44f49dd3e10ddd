"""Emotions that move a body: their VAD, what they make more frequent, and how they lean.

Actions and leaning follow Wallbott (1998), European J. Social Psychology 28, and Dael, Mortillaro &
Scherer (2012), Emotion 12 (arms up, self-touch, leaning back); how much more frequent is authored.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kinesics_core.affect.emotions import EMOTION_VAD, EMOTIONS
from kinesics_core.errors import KinesicsError


@dataclass(frozen=True, slots=True)
class Emotion:
    """An emotion that moves a body.

    Attributes:
        name: In the dataset's labels.
        vad: Valence, arousal, dominance, -1..1.
        favours: Primitive -> how many times as often as VAD alone would have it.
        lean: Of the trunk, radians, forward positive.
    """

    name: str
    vad: tuple[float, float, float]
    favours: dict[str, float] = field(default_factory=dict)
    lean: float = 0.0


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


def parse_emotions(text: str | None) -> list[Emotion]:
    """Read a list of emotions.

    Args:
        text: Names separated by commas (``"anger,fear"``); or names and
            ``name=valence,arousal,dominance`` separated by semicolons
            (``"anger;pride=.4,.3,.7"``). None: all that are known.

    Raises:
        KinesicsError: A name is unknown or comes twice, or a VAD is none.
    """
    if text is None:
        return list(KNOWN.values())
    items = text.split(";") if "=" in text or ";" in text else text.split(",")
    found = [_parse_emotion(item) for item in items]
    names = [emotion.name for emotion in found]
    if len(set(names)) < len(names):
        raise KinesicsError(f"Got {text!r}, which names an emotion twice; name each once.")
    return found


def _parse_emotion(item: str) -> Emotion:
    name, given, numbers = (part.strip() for part in item.partition("="))
    if not given:
        if name not in KNOWN:
            raise KinesicsError(
                f"Got emotion {name!r}; use one of {', '.join(KNOWN)}, or give its VAD as"
                f" {name or 'name'}=valence,arousal,dominance and separate with semicolons."
            )
        return KNOWN[name]
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
    return Emotion(name, (valence, arousal, dominance))
