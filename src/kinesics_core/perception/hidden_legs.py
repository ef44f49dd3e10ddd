"""Legs that are guessed, not seen: of people at a table, or cut off by the image.

MediaPipe always gives legs. The holistic model's scores of hidden ones are .3 to .45, and a
keypoint counts as seen from ``keypoints.MIN_SCORE`` on.
"""

from __future__ import annotations

import numpy as np

LIKELY_SEEN = 0.5
"""A leg is seen if the score of its knee or of its ankle is at least this."""

DOUBT = 0.5
"""Factor on the scores of a leg that is not: what was likelier hidden counts as not seen."""

LEGS = ((13, 15), (14, 16))
"""Knee and ankle of each leg in COCO-17."""


def doubt_hidden_legs(coco: np.ndarray) -> None:
    """Lower the scores of legs that are likelier hidden than seen.

    Args:
        coco: (17, 3) x px, y px, score; changed. Places stay.
    """
    for leg in LEGS:
        rows = list(leg)
        if coco[rows, 2].max() < LIKELY_SEEN:
            coco[rows, 2] *= DOUBT
