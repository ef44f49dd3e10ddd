"""Words for emotions: which mean the same, and the valence, arousal and dominance of each.

The one table of synonyms: what reads labels of recordings, pictures and networks reads from here.

Means are those of Russell & Mehrabian, "Evidence for a three-factor theory of emotions", J.
Research in Personality 11 (1977) 273-294, for the term named beside the word; the spreads of the
seven basic terms are the standard deviations of their raters. Words that the study does not hold,
and spreads that are not at hand, are authored, and say so.
"""

from __future__ import annotations

import re

from kinesics_core.affect.emotions import EMOTIONS

WORDS: dict[str, tuple[float, float, float]] = {
    "happy": (0.81, 0.51, 0.46), "angry": (-0.51, 0.59, 0.25), "surprised": (0.40, 0.67, -0.13),
    "sad": (-0.63, -0.27, -0.33), "disgusted": (-0.60, 0.35, 0.11),
    "contemptuous": (-0.23, 0.31, 0.18), "scared": (-0.64, 0.60, -0.43),
    "neutral": (0.0, 0.0, 0.0),
    # Of the list of hri_msgs/Expression: term of the study.
    "vulnerable": (-0.71, 0.42, -0.51),  # helpless
    "despaired": (-0.72, -0.16, -0.38),  # despairing
    "guilty": (-0.57, 0.28, -0.34),
    "disappointed": (-0.61, -0.15, -0.29),  # discouraged
    "embarrassed": (-0.46, 0.54, -0.24),
    "horrified": (-0.62, 0.82, -0.43),  # terrified
    "skeptical": (-0.22, 0.21, 0.03),
    "annoyed": (-0.28, 0.17, 0.04),  # mildly annoyed
    "furious": (-0.44, 0.72, 0.32),  # enraged
    "suspicious": (-0.25, 0.42, 0.11),
    "rejected": (-0.62, -0.01, -0.33),
    "bored": (-0.65, -0.62, -0.33),
    "tired": (-0.18, -0.57, -0.29),  # fatigued
    "confused": (-0.53, 0.27, -0.32),
    "amazed": (0.16, 0.88, -0.15),  # astonished
    "excited": (0.62, 0.75, 0.38),
    "pleading": (-0.45, 0.35, -0.45),  # authored, beside "helpless"
    "asleep": (0.05, -0.95, -0.30),  # authored
    # Of the forecasting paper, arXiv 2603.01804.
    "enthusiastic": (0.71, 0.63, 0.34),  # inspired
    "laughing": (0.77, 0.55, 0.40),  # enjoyment, livelier
    "happy to see you": (0.69, 0.45, 0.30),  # friendly, livelier
    # Common labels of data sets.
    "elated": (0.50, 0.42, 0.23), "joyful": (0.76, 0.48, 0.35), "proud": (0.77, 0.38, 0.65),
    "relaxed": (0.68, -0.46, 0.06), "depressed": (-0.72, -0.29, -0.41),
    "frustrated": (-0.64, 0.52, -0.35), "anxious": (0.01, 0.59, -0.15),
    "ashamed": (-0.57, 0.01, -0.34), "shy": (-0.15, 0.06, -0.34),
    "lonely": (-0.66, -0.43, -0.32), "hopeful": (0.51, 0.23, 0.14),
    "interested": (0.64, 0.51, 0.17), "grateful": (0.64, 0.16, -0.18), "loved": (0.87, 0.54, -0.18),
    "curious": (0.22, 0.62, -0.01), "hostile": (-0.42, 0.53, 0.30), "awed": (0.18, 0.40, -0.38),
    "triumphant": (0.69, 0.57, 0.63), "friendly": (0.69, 0.35, 0.30), "serious": (0.27, 0.24, 0.42),
    "calm": (0.60, -0.40, 0.10),  # authored, beside "relaxed"
    "active": (0.42, 0.58, 0.38),  # activated
    "exhausted": (-0.27, -0.57, -0.29),  # authored, beside "fatigued"
}
"""Word -> valence, arousal, dominance, -1..1."""

SPREADS: dict[str, tuple[float, float, float]] = {
    "happy": (0.21, 0.26, 0.38), "angry": (0.20, 0.33, 0.39), "surprised": (0.30, 0.27, 0.38),
    "sad": (0.23, 0.34, 0.22), "disgusted": (0.20, 0.41, 0.34), "contemptuous": (0.39, 0.33, 0.29),
    "scared": (0.20, 0.32, 0.30), "neutral": (0.20, 0.20, 0.20),  # the last authored
}
"""Word -> standard deviation of its valence, arousal and dominance among people."""

USUAL_SPREAD = (0.28, 0.32, 0.32)
"""Spread of words without one of their own: about the mean of those that have one."""

SAME = {
    "happiness": "happy", "joy": "joyful", "anger": "angry", "surprise": "surprised",
    "sadness": "sad", "disgust": "disgusted", "contempt": "contemptuous", "fear": "scared",
    "afraid": "scared", "fearful": "scared", "terrified": "horrified", "terror": "horrified",
    "laugh": "laughing", "laughter": "laughing", "normal": "neutral", "none": "neutral",
    "boredom": "bored", "tiredness": "tired", "fatigue": "tired", "weary": "tired",
    "sleepy": "asleep", "excitement": "excited", "amazement": "amazed", "pride": "proud",
    "shame": "ashamed", "shyness": "shy", "anxiety": "anxious", "nervous": "anxious",
    "frustration": "frustrated", "rage": "furious", "fury": "furious", "irritated": "annoyed",
    "annoyance": "annoyed", "guilt": "guilty", "disappointment": "disappointed",
    "embarrassment": "embarrassed", "confusion": "confused", "puzzled": "confused",
    "despair": "despaired", "grief": "despaired", "sorrow": "sad", "sorrowful": "sad",
    "depression": "depressed", "loneliness": "lonely", "cheerful": "happy", "pleased": "happy",
    "content": "relaxed", "contentment": "relaxed", "calmness": "calm", "peaceful": "calm",
    "serene": "calm", "relief": "relaxed", "relieved": "relaxed", "love": "loved",
    "admiration": "awed", "awe": "awed", "gratitude": "grateful", "interest": "interested",
    "curiosity": "curious", "hope": "hopeful", "optimistic": "hopeful", "optimism": "hopeful",
    "enthusiasm": "enthusiastic", "scepticism": "skeptical", "sceptical": "skeptical",
    "panic": "horrified", "horror": "horrified", "hate": "hostile", "aggressive": "hostile",
    "energetic": "active", "waiting": "neutral", "idle": "neutral", "greeting": "happy to see you",
    "happy to see": "happy to see you", "happy you": "happy to see you",
}
"""Other words of the same meaning."""


FAMILIES: dict[str, dict[str, float]] = {
    "annoyed": {"anger": 0.7, "contempt": 0.1, "disgust": 0.1, "neutral": 0.1},
    "furious": {"anger": 0.95, "disgust": 0.05}, "hostile": {"anger": 0.85, "contempt": 0.15},
    "frustrated": {"anger": 0.75, "sadness": 0.25},
    "suspicious": {"contempt": 0.3, "anger": 0.25, "fear": 0.25, "neutral": 0.2},
    "skeptical": {"contempt": 0.45, "neutral": 0.45, "surprise": 0.1},
    "horrified": {"fear": 0.8, "surprise": 0.1, "disgust": 0.1},
    "pleading": {"sadness": 0.5, "fear": 0.45, "neutral": 0.05},
    "vulnerable": {"fear": 0.6, "sadness": 0.4}, "anxious": {"fear": 0.8, "neutral": 0.2},
    "despaired": {"sadness": 0.9, "fear": 0.1},
    "disappointed": {"sadness": 0.75, "anger": 0.1, "neutral": 0.15},
    "guilty": {"sadness": 0.6, "fear": 0.25, "neutral": 0.15},
    "ashamed": {"sadness": 0.65, "fear": 0.2, "neutral": 0.15},
    "embarrassed": {"sadness": 0.3, "fear": 0.3, "happiness": 0.15, "neutral": 0.25},
    "shy": {"fear": 0.35, "sadness": 0.2, "neutral": 0.45},
    "rejected": {"sadness": 0.8, "anger": 0.1, "neutral": 0.1},
    "confused": {"surprise": 0.3, "fear": 0.15, "sadness": 0.1, "neutral": 0.45},
    "bored": {"neutral": 0.55, "sadness": 0.3, "contempt": 0.15},
    "tired": {"neutral": 0.65, "sadness": 0.35}, "exhausted": {"neutral": 0.6, "sadness": 0.4},
    "asleep": {"neutral": 0.9, "sadness": 0.1},
    "amazed": {"surprise": 0.85, "happiness": 0.15}, "awed": {"surprise": 0.7, "happiness": 0.3},
    "excited": {"happiness": 0.75, "surprise": 0.25},
    "enthusiastic": {"happiness": 0.9, "surprise": 0.1}, "laughing": {"happiness": 1.0},
    "happy to see you": {"happiness": 0.9, "surprise": 0.1}, "elated": {"happiness": 1.0},
    "joyful": {"happiness": 1.0}, "triumphant": {"happiness": 0.9, "surprise": 0.1},
    "proud": {"happiness": 0.7, "neutral": 0.3}, "friendly": {"happiness": 0.7, "neutral": 0.3},
    "loved": {"happiness": 0.9, "neutral": 0.1}, "grateful": {"happiness": 0.75, "neutral": 0.25},
    "hopeful": {"happiness": 0.6, "neutral": 0.4},
    "relaxed": {"neutral": 0.65, "happiness": 0.35}, "calm": {"neutral": 0.8, "happiness": 0.2},
    "interested": {"happiness": 0.3, "surprise": 0.3, "neutral": 0.4},
    "curious": {"surprise": 0.5, "neutral": 0.5}, "serious": {"neutral": 1.0},
    "active": {"happiness": 0.35, "neutral": 0.65},
    "depressed": {"sadness": 1.0}, "lonely": {"sadness": 0.85, "neutral": 0.15},
}
"""Word -> shares of our emotions. Authored: words lie at one place in VAD that nobody would take
for one emotion (annoyed and contemptuous, guilty and disgusted), so that alone does not tell."""


def word_in(label: str) -> str:
    """Return the word of ``WORDS`` that a label means, "" if it says no emotion.

    The whole label counts first, then the first of its words that is known, then plain endings
    ("HAPPY_2", "walk_scared", "angrily" are happy, scared, angry).

    Args:
        label: In any case, words parted by anything but letters.
    """
    parts = re.findall(r"[a-z]+", label.lower())
    for candidate in (" ".join(parts), *parts):
        word = SAME.get(candidate, candidate)
        if word in WORDS:
            return word
    for part in parts:
        stem = re.sub(r"(ily|ly|ness)$", lambda end: "y" if end[0] == "ily" else "", part)
        word = SAME.get(stem, stem)
        if word in WORDS:
            return word
    return ""


OWN = ("happy", "angry", "surprised", "sad", "disgusted", "contemptuous", "scared", "neutral")
"""The words of our eight emotions, in the order of ``EMOTIONS``."""

assert len(OWN) == len(EMOTIONS)

_OF_FACES = {
    "smile": "happiness", "rage": "anger", "suprise": "surprise", "calm": "neutral",
    "depressed": "", "depression": "",
}
"""Words that mean something else, or are spelt otherwise, where they label pictures of faces: a
calm face shows nothing, a calm body is at ease; who is depressed may show any face."""

_OF_NOTHING = {"none", "waiting", "idle"}
"""Words for what somebody does, or for no label, which name no emotion of a recording."""


def emotion_of(word: str, face: bool = False) -> str:
    """Return the emotion of which a word is a name and nothing else, "" if there is none.

    So of ``FAMILIES`` those with one member: elated is happiness, excited is not.

    Args:
        word: One word, lower case.
        face: The word labels a picture of a face.
    """
    if face and word in _OF_FACES:
        return _OF_FACES[word]
    if word in _OF_NOTHING:
        return ""
    meant = SAME.get(word, word)
    if meant in OWN:
        return EMOTIONS[OWN.index(meant)]
    family = list(FAMILIES.get(meant, ()))
    return family[0] if len(family) == 1 else ""


def emotion_in(name: str) -> str:
    """Return the emotion that a word of a recording's name says, "" if none or several do.

    Args:
        name: As "142_17-walk_scared"; words stand between anything but letters.
    """
    found = {emotion_of(word) for word in re.findall(r"[a-z]+", name.lower())} - {""}
    return found.pop() if len(found) == 1 else ""
