"""Names of the signals; their order is the order of every array about them."""

from __future__ import annotations

GESTURES = (
    "wave", "hands_raised", "point", "come_here", "clap", "bow", "arms_crossed", "hand_on_face",
    "hands_on_hips", "shrug", "nod", "shake", "lean_in", "turn_away",
)

POSTURES = ("", "standing", "sitting")
"""Unknown first, as the constants of ``msg/SocialSignals.msg`` have it."""

ENGAGEMENT = ("unknown", "disengaged", "engaging", "engaged", "disengaging")
"""Levels of REP-155, numbered as in hri_msgs/EngagementLevel."""
