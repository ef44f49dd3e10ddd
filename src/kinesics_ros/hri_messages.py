"""People as messages of hri_msgs (ROS4HRI), the one place that imports that package."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
from std_msgs.msg import Header

from kinesics_core.affect.signals import ENGAGEMENT
from kinesics_core.types import Affect, People, Person, SocialSignals
from kinesics_core.view import humans

try:
    import hri_msgs.msg as hri
except ImportError:
    hri = None

AVAILABLE = hri is not None
"""True where hri_msgs is installed; without it nothing of this file may be called."""


def ids(head: Header, tracked: list[str]) -> Any:
    """Return hri_msgs/IdsList."""
    return hri.IdsList(header=head, ids=tracked)


def face_messages(person: Person, people: People, head: Header) -> dict[str, Any]:
    """Return what is published below ``/humans/faces/ID/``, by the name of its topic."""
    out: dict[str, Any] = {}
    if person.face is not None:
        out["roi"] = _region(person.face[:, :2], person, people, head)
    points = humans.facial_landmarks(person, people)
    if points is not None:
        out["landmarks"] = hri.FacialLandmarks(
            header=head, landmarks=_points(points), width=people.width, height=people.height)
    units = humans.action_units(person)
    if units is not None:
        intensity, confidence = (array("f", values) for values in units)
        out["facs"] = hri.FacialActionUnits(
            header=head, intensity=intensity, confidence=confidence)
    return {name: message for name, message in out.items() if message is not None}


def body_messages(person: Person, people: People, head: Header) -> dict[str, Any]:
    """Return what is published below ``/humans/bodies/ID/``, by the name of its topic."""
    seen = np.where(person.coco[:, 2:] > 0, person.coco[:, :2], np.nan)
    out = {
        "roi": _region(seen, person, people, head),
        "skeleton2d": hri.Skeleton2D(
            header=head, skeleton=_points(humans.skeleton2d(person, people))),
    }
    return {name: message for name, message in out.items() if message is not None}


def expression(affect: Affect, head: Header) -> Any:
    """Return hri_msgs/Expression."""
    word, valence, arousal, confidence = humans.expression(affect)
    return hri.Expression(
        header=head, expression=word, valence=valence, arousal=arousal, confidence=confidence)


def posture(signals: SocialSignals, head: Header) -> Any:
    """Return hri_msgs/BodyPosture."""
    constant = {"standing": "STANDING", "sitting": "SITTING"}.get(signals.posture, "OTHER")
    return hri.BodyPosture(header=head, posture=getattr(hri.BodyPosture, constant))


def gestures(signals: SocialSignals, person: Person, head: Header) -> list[Any]:
    """Return an hri_msgs/Gesture for each gesture that is seen."""
    return [hri.Gesture(header=head, gesture=getattr(hri.Gesture, name))
            for name in humans.gestures(signals.gestures, person)]


def engagement(signals: SocialSignals, head: Header) -> Any:
    """Return hri_msgs/EngagementLevel."""
    return hri.EngagementLevel(header=head, level=ENGAGEMENT.index(signals.engagement))


def gaze(person_id: str, head: Header) -> Any:
    """Return an hri_msgs/Gaze of somebody who looks at the robot."""
    return hri.Gaze(header=head, sender=person_id, receiver="")


def message_types() -> dict[str, type]:
    """Return the type of each topic below a person's name in ``/humans``."""
    return {
        "faces/roi": hri.NormalizedRegionOfInterest2D, "faces/landmarks": hri.FacialLandmarks,
        "faces/facs": hri.FacialActionUnits, "faces/expression": hri.Expression,
        "bodies/roi": hri.NormalizedRegionOfInterest2D, "bodies/skeleton2d": hri.Skeleton2D,
        "bodies/posture": hri.BodyPosture, "bodies/gesture": hri.Gesture,
        "persons/engagement_status": hri.EngagementLevel,
    }


def _points(values: np.ndarray) -> list[Any]:
    return [hri.NormalizedPointOfInterest2D(x=x, y=y, c=c) for x, y, c in values.tolist()]


def _region(points: np.ndarray, person: Person, people: People, head: Header) -> Any:
    box = humans.region(points, people, float(np.clip(person.score, 0.0, 1.0)))
    if box is None:
        return None
    x0, y0, x1, y1, c = box.tolist()
    return hri.NormalizedRegionOfInterest2D(
        header=head, xmin=x0, ymin=y0, xmax=x1, ymax=y1, c=c)
