"""Faces: emotions, VAD, action units, compounds and text to the 52 shapes of a possible face."""

from kinesics_core.expression.faces.asymmetry import mirrored, with_asymmetry
from kinesics_core.expression.faces.manifold import broken_rules, nearest_face
from kinesics_core.expression.faces.mixing import (
    COMPOUNDS,
    compound,
    face_of_compound,
    face_of_distribution,
)
from kinesics_core.expression.faces.prototypes import (
    PROTOTYPES,
    face_of_emotion,
    glad_face,
    play_face,
    prototype,
)
from kinesics_core.expression.faces.state import face_of_vad, state_blendshapes
from kinesics_core.expression.faces.text_face import TextFace, text_face
from kinesics_core.expression.faces.units import UNITS, face_of_units, parse_units

__all__ = [
    "COMPOUNDS", "PROTOTYPES", "UNITS", "TextFace", "broken_rules", "compound", "face_of_compound",
    "face_of_distribution", "face_of_emotion", "face_of_units", "face_of_vad", "glad_face",
    "mirrored", "nearest_face", "parse_units", "play_face", "prototype", "state_blendshapes",
    "text_face", "with_asymmetry",
]
