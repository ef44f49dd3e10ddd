"""Faces described in words: "furrowed brow, eyes narrowed, a faint smile" to action units.

Descriptions of faces name movements, not emotions, and then those movements are meant. Each phrase
below names units of FACS; a word of degree before or behind it weakens or strengthens them, and a
negation ("no smile", "without smiling") takes the phrase away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kinesics_core.expression.faces.regions import LOWER, UPPER
from kinesics_core.expression.faces.units import unit_weights

_BROWS = r"(?:eye)?brows?|forehead"
_EYES = r"eyes?|eyelids?|lids|gaze|stare"
_LIPS = r"lips?|mouth"


def _either(adjectives: str, nouns: str) -> str:
    """Return a pattern of an adjective before a noun, or shortly behind it."""
    be = r"\W+(?:(?:is|are|was|were|look|looks|looked|and|slightly|very|so|wide|tightly|her|his|"
    be += r"their|in|with|almost|half|a|little)\W+){0,2}"
    return rf"\b(?:(?:{adjectives})\W+(?:\w+\W+)?(?:{nouns})|(?:{nouns}){be}(?:{adjectives}))\b"


_PHRASES: tuple[tuple[str, dict[str, float]], ...] = (
    # brows
    (_either("furrowed|furrowing|knit(?:ted)?|lowered|creased|drawn together|scowling", _BROWS),
     {"AU4": 0.8}),
    (_either("raised|arched|lifted|high", r"(?:eye)?brows"), {"AU1": 0.7, "AU2": 0.8}),
    (r"\b(?:one|an|single|a)\W+(?:raised|arched|lifted)\W+(?:eye)?brow\b|"
     r"\b(?:raised|arched|lifted|raising|arching)\W+(?:one|an|a)\W+(?:eye)?brow\b|"
     r"\bone\W+(?:eye)?brow\W+(?:\w+\W+)?(?:raised|arched|lifted)\b", {"L_AU2": 0.9}),
    (_either("worried|anguished|slanted|pinched|upturned", _BROWS), {"AU1": 0.9, "AU4": 0.3}),
    (r"\b(?:scowl\w*|glower\w*|glar(?:e|es|ed|ing))\b", {"AU4": 0.9, "AU7": 0.5}),
    # eyes
    (_either("wide|widened|widening|bulging|huge", _EYES) + r"|\bwide-eyed\b|\bwild-eyed\b",
     {"AU5": 0.9}),
    (_either(r"narrow(?:ed|ing|s)?|squint(?:ed|ing|s)?|slitted", _EYES) + r"|\bsquint(?:s|ing)\b",
     {"AU7": 0.8}),
    (_either("closed|shut", r"eyes?|eyelids?|lids"), {"AU43": 1.0}),
    (_either("heavy|drooping|half-closed|droopy|hooded|sleepy", r"eyes?|eyelids?|lids")
     + r"|\bheavy-lidded\b", {"AU43": 0.4}),
    (_either("crinkled|crinkling|twinkling|sparkling|laughing", _EYES) + r"|\bcrow'?s feet\b",
     {"AU6": 0.8, "AU7": 0.25}),
    (_either("downcast|lowered|cast down|down", r"eyes|gaze"), {"AU64": 0.6}),
    (r"\b(?:look|gaz)\w*\W+down(?:wards?)?\b(?!\W+(?:up)?on\b)", {"AU64": 0.6}),
    (_either("averted|turned away", r"eyes|gaze"), {"AU61": 0.6}),
    (r"\broll(?:s|ed|ing)?\W+(?:her|his|their|my|the)?\W*eyes\b|\beye-?roll\w*\b",
     {"AU63": 0.9, "AU43": 0.2}),
    (r"\bwink(?:s|ed|ing)?\b", {"L_AU46": 1.0, "L_AU6": 0.3}),
    (r"\btear(?:s|y|ful|fully|-filled|-stained)?\b|\b(?:weep|weeps|weeping|sob|sobs|sobbing|wept)\b"
     r"|\b(?:cry|cries|crying)\b",
     {"AU1": 0.8, "AU6": 0.35, "AU7": 0.35, "AU4": 0.2}),
    # nose and cheeks
    (_either("wrinkled|wrinkling|scrunched|crinkled", "nose") +
     r"|\b(?:wrinkl|scrunch)\w*\W+(?:her|his|their|my|the|its)\W+nose\b", {"AU9": 0.9}),
    (_either("flared|flaring", "nostrils?"), {"AD38": 1.0}),
    (_either("raised|lifted", "cheeks"), {"AU6": 0.8}),
    (_either("puffed|puffy|blown", "cheeks"), {"AD34": 0.8}),
    # mouth
    (r"\b(?:broad|wide|big|huge|toothy|beaming|radiant)\W+(?:\w+\W+)?(?:smiles?|grins?)\b|"
     r"\b(?:beam(?:s|ed|ing)|grin(?:s|ned|ning)?|laugh(?:s|ed|ing|ter)?)\b",
     {"AU12": 1.0, "AU6": 0.5, "AU25": 0.5, "AU26": 0.15}),
    (r"\bsmil(?:e|es|ed|ing)\b", {"AU12": 0.8}),
    (r"\b(?:smirk\w*|half-smil\w*|half smile|lop-?sided smile|crooked smile|wry smile)\b",
     {"L_AU12": 0.7, "L_AU14": 0.5}),
    (r"\bsneer\w*\b|" + _either("curled|curling", r"(?:upper\W+)?lips?") +
     r"|\bcurl(?:s|ed)?\W+(?:her|his|their|the|of the)\W+lips?\b|\blip[- ]curl\b",
     {"L_AU10": 0.8, "L_AU9": 0.5}),
    (r"\bcorners? of (?:her|his|their|the|my|its)? ?(?:mouth|lips)\W+(?:\w+\W+){0,3}?"
     r"(?:down\w*|droop\w*)\b|" + _either(r"down-?turned|turned down|drooping", _LIPS)
     + r"|\bfrown(?:s|ed|ing)?\b", {"AU15": 0.85, "AU17": 0.25}),
    (r"\bpout(?:s|ed|ing|y)?\b", {"AU17": 0.7, "AU18": 0.35, "AU15": 0.3}),
    (_either("pressed|compressed|tight|tightened|thin|thinned", _LIPS) + r"|\btight-lipped\b",
     {"AU24": 0.8, "AU23": 0.4}),
    (_either("pursed|puckered", _LIPS), {"AU18": 0.6, "AU24": 0.2}),
    (_either("parted|slightly open", _LIPS), {"AU25": 0.6, "AU26": 0.15}),
    (_either(r"agape|gaping|wide open|hanging open|open wide", r"mouth|jaw")
     + r"|\bjaw\W+(?:\w+\W+)?drop\w*\b|\bdropp\w+\W+jaw\b|\bgap(?:es|ed|ing)\b|\bgasp\w*\b",
     {"AU26": 0.8}),
    (_either("open|opened", "mouth"), {"AU26": 0.45}),
    (r"\b(?:scream|yell|shout|shriek)(?:s|ed|ing)?\b", {"AU27": 0.85, "AU20": 0.2, "AU16": 0.4}),
    (_either("clenched|gritted|set|tense|clenching", "jaw|teeth"), {"AU24": 0.5, "AD29": 0.25}),
    (_either("bared|baring", "teeth"), {"AU10": 0.7, "AU16": 0.6, "AU20": 0.3}),
    (_either("trembling|quivering|wobbling", r"(?:lower\W+)?lips?|chin|mouth"),
     {"AU17": 0.6, "AU15": 0.4}),
    (_either("stretched|pulled back|drawn back", _LIPS), {"AU20": 0.7}),
    (r"\bbit(?:e|es|ing)?\W+(?:her|his|their|my|the|its)\W+(?:lower\W+)?lip\b|\blip[- ]biting\b",
     {"AU32": 0.8}),
    (r"\btongue\W+(?:\w+\W+)?out\b|\bstick\w*\W+out\W+(?:\w+\W+)?tongue\b", {"AD19": 0.9}),
)

_COMPILED = tuple((re.compile(pattern), units) for pattern, units in _PHRASES)
_WEAK = re.compile(r"\b(?:slight(?:ly)?|faint(?:ly)?|small|weak(?:ly)?|subtle|subtly|hint|trace|"
                   r"little|soft(?:ly)?|gentl[ey]|tiny|barely|thin smile|ghost)\b")
_STRONG = re.compile(
    r"\b(?:very|deep(?:ly)?|wide(?:ly)?|extreme(?:ly)?|tight(?:ly)?|huge|broad(?:ly)?)\b")
_NEGATED = re.compile(
    r"(?:\b(?:no|not|never|without|nor|stopped|neither|lost|loses|hides?|hid)\b|n't\b)"
    r"\W*(?:\w+\W+){0,2}$")
_REACH = 18  # characters before a phrase in which a word of degree belongs to it


@dataclass(frozen=True, slots=True)
class Described:
    """Movements that a text names.

    Attributes:
        units: Action unit -> intensity, 0..1.
        upper, lower: Whether any lies in that half of the face.
    """

    units: dict[str, float]
    upper: bool
    lower: bool


def described(text: str) -> Described:
    """Return the action units that a text in English names as movements of a face."""
    lowered = text.lower().replace("\u2019", "'")
    units: dict[str, float] = {}
    for pattern, shown in _COMPILED:
        for match in pattern.finditer(lowered):
            before = lowered[: match.start()]
            if _NEGATED.search(before):
                continue
            near = before[-_REACH:] + match.group()
            degree = 0.5 if _WEAK.search(near) else 1.15 if _STRONG.search(near) else 1.0
            for unit, strength in shown.items():
                units[unit] = max(units.get(unit, 0.0), min(1.0, degree * strength))
    face = unit_weights(units)
    return Described(units, bool(face[UPPER].any()), bool(face[LOWER].any()))
