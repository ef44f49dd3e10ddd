"""Names under which faces were made before ``expression.faces``."""

from __future__ import annotations

from kinesics_core.expression.faces.prototypes import face_of_emotion as emotion_blendshapes
from kinesics_core.expression.faces.state import state_blendshapes

__all__ = ["emotion_blendshapes", "state_blendshapes"]
