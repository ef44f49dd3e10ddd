"""Joint angles of a seen person in the kinematic model of REP-155, and that model as a URDF.

Names, axes and the rest pose (arms and legs hang down) are those of ROS4HRI's ``human_description``
(REP-155, "Kinematic Model of the Human"), so that its URDF and ours follow the same joint states.
Axes by REP-103: x forward, y to the person's left, z up. MediaPipe's 3-D landmarks stand on optical
axes (x right, y down, z away).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from kinesics_core.rotations import about_axis, orthonormal
from kinesics_core.skeletons import MEDIAPIPE33
from kinesics_core.view.frames import HEAD_TO_REP103

JOINTS = (
    "waist", "r_head", "y_head", "p_head",
    *(f"{side}_{joint}" for side in "lr"
      for joint in ("y_shoulder", "p_shoulder", "r_shoulder", "elbow")),
    *(f"{side}_{joint}" for side in "lr" for joint in ("y_hip", "p_hip", "r_hip", "knee")),
)
"""Names of the 20 joints, without the body's id."""

_SEEN = 0.5  # visibility from which a landmark gives an angle
_STRAIGHT = 0.17  # radians of bend below which the plane of a limb is not known
_UPRIGHT = 0.5  # cosine: a trunk further from the image's up than this lies, and is its own up
_UP = np.array([0.0, -1.0, 0.0])  # of the image, in optical axes


def joint_angles(
    landmarks: np.ndarray, visibility: np.ndarray, head: np.ndarray | None = None
) -> dict[str, float]:
    """Return the angles of the joints that are seen, radians.

    A limb that is straight leaves its turn about itself at 0. The model's trunk bends to the front
    only, so limbs are given as seen from that trunk.

    Args:
        landmarks: (33, 3) metres, MediaPipe's order, optical axes.
        visibility: (33,) 0..1.
        head: (4, 4) of ``types.Person.head``, or None.
    """
    at = dict(zip(MEDIAPIPE33, np.asarray(landmarks, np.float64), strict=True))
    seen = {name for name, score, place in zip(
        MEDIAPIPE33, visibility, landmarks, strict=True)
        if score >= _SEEN and np.isfinite(place).all()}
    if not {"left_hip", "right_hip", "left_shoulder", "right_shoulder"} <= seen:
        return {}
    body, lean = _body_axes(at)
    angles = {"waist": lean}
    torso = body @ about_axis(1, lean)
    if head is not None and np.isfinite(head).all():
        angles |= _head_angles(torso.T @ orthonormal(head[:3, :3] @ HEAD_TO_REP103))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for parts, frame, solve in (
            (("shoulder", "elbow", "wrist"), torso, _arm_angles),
            (("hip", "knee", "ankle"), body, _leg_angles),
        ):
            names = [f"{side}_{part}" for part in parts]
            if set(names) <= seen:
                first, middle, last = (at[name] for name in names)
                found = solve(_unit(frame.T @ (middle - first)),
                              _unit(frame.T @ (last - middle)), sign)
                angles |= {f"{side[0]}_{name}": angle for name, angle in found.items()}
    return angles


def body_axes(landmarks: np.ndarray) -> np.ndarray:
    """Return the axes (3, 3) of frame ``body_ID``: columns forward, left and up, optical axes."""
    return _body_axes(dict(zip(MEDIAPIPE33, np.asarray(landmarks, np.float64), strict=True)))[0]


def _body_axes(at: dict[str, np.ndarray]) -> tuple[np.ndarray, float]:
    """Return the body's axes as columns, and how far the trunk leans to its front, radians."""
    left = _unit(at["left_hip"] - at["right_hip"])
    trunk = _unit(0.5 * (at["left_shoulder"] + at["right_shoulder"])
                  - 0.5 * (at["left_hip"] + at["right_hip"]))
    up = _UP if trunk @ _UP > _UPRIGHT else trunk
    up = _unit(up - (up @ left) * left)
    axes = np.stack([np.cross(left, up), left, up], axis=1)
    forward, _, upward = axes.T @ trunk
    return axes, float(np.arctan2(forward, upward))


def _head_angles(turn: np.ndarray) -> dict[str, float]:
    """Return the angles of a head turned so in its torso: about x, then z, then minus y."""
    return {
        "r_head": float(np.arctan2(turn[2, 1], turn[1, 1])),
        "y_head": float(-np.arcsin(np.clip(turn[0, 1], -1.0, 1.0))),
        "p_head": float(-np.arctan2(turn[0, 2], turn[0, 0])),
    }


def _arm_angles(upper: np.ndarray, lower: np.ndarray, sign: float) -> dict[str, float]:
    """Return an arm's angles; its joints turn about z, x, z (the upper arm's own) and -y."""
    raised = np.arccos(np.clip(-upper[2], -1.0, 1.0))
    forward = np.arctan2(upper[0], sign * upper[1]) if np.sin(raised) > 1e-6 else 0.0
    frame = about_axis(2, -sign * forward) @ about_axis(0, sign * raised)
    bent = frame.T @ lower
    bend = np.arccos(np.clip(-bent[2], -1.0, 1.0))
    turn = sign * np.arctan2(bent[1], bent[0]) if bend > _STRAIGHT else 0.0
    return {"y_shoulder": float(forward), "p_shoulder": float(raised), "r_shoulder": float(turn),
            "elbow": float(bend)}


def _leg_angles(upper: np.ndarray, lower: np.ndarray, sign: float) -> dict[str, float]:
    """Return a leg's angles; its joints turn about -z, x, -y and (the knee) -y."""
    bend = np.arccos(np.clip(upper @ lower, -1.0, 1.0))
    back = lower - (lower @ upper) * upper
    if bend <= _STRAIGHT or np.linalg.norm(back) < 1e-6:
        back = np.array([-1.0, 0.0, 0.0])
        if abs(upper[0]) > 0.9:  # a thigh that points to the front
            back = np.array([0.0, 0.0, -1.0])
        back = back - (back @ upper) * upper
    z = -upper
    x = -_unit(back)
    turn = np.stack([x, np.cross(z, x), z], axis=1)
    return {
        "y_hip": float(np.arctan2(turn[0, 1], turn[1, 1])),
        "p_hip": float(sign * np.arcsin(np.clip(turn[2, 1], -1.0, 1.0))),
        "r_hip": float(-np.arctan2(-turn[2, 0], turn[2, 2])),
        "knee": float(-bend),
    }


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-9)


# --- the model ---------------------------------------------------------------------------------


def human_urdf(body: str, height: float = 1.65) -> str:
    """Return the URDF of a person of that height, metres, whose names end in ``_BODY``.

    Lengths are shares of seven and a half heads, as in ``human_description``.
    """
    lines = [f'<robot name="human_{body}">', f'  <link name="body_{body}"/>']
    for name, kind, parent, child, place, axis in _chain(height / 7.5):
        x, y, z = place
        lines.append(f'  <link name="{child}_{body}"/>')
        lines.append(f'  <joint name="{name}_{body}" type="{kind}">')
        lines.append(f'    <parent link="{parent}_{body}"/><child link="{child}_{body}"/>')
        lines.append(f'    <origin xyz="{x:.4f} {y:.4f} {z:.4f}" rpy="0 0 0"/>')
        if kind == "revolute":
            lines.append('    <axis xyz="{:g} {:g} {:g}"/>'.format(*axis))
            lines.append('    <limit lower="-3.1416" upper="3.1416" effort="1000" velocity="20"/>')
        lines.append("  </joint>")
    return "\n".join([*lines, "</robot>", ""])


_Joint = tuple[str, str, str, str, tuple[float, float, float], tuple[float, float, float]]


def _chain(head: float) -> Iterator[_Joint]:
    """Yield name, type, parent, child, place and axis of each joint; ``head`` is a head, metres."""
    none = (0.0, 0.0, 0.0)
    yield "waist", "revolute", "body", "waist", none, (0, 1, 0)
    yield "torso", "fixed", "waist", "torso", (0.0, 0.0, 2.75 * head), none
    yield "r_head", "revolute", "torso", "r_head", (0.0, 0.0, 0.25 * head), (1, 0, 0)
    yield "y_head", "revolute", "r_head", "y_head", none, (0, 0, 1)
    yield "p_head", "revolute", "y_head", "p_head", none, (0, -1, 0)
    yield "head", "fixed", "p_head", "head", (0.25 * head, 0.0, 0.5 * head), none
    for side, sign in (("l", 1), ("r", -1)):
        shoulder, hip = (0.0, sign * 0.8 * head, 0.0), (0.0, sign * 0.6 * head, 0.0)
        arm, leg = f"{side}_shoulder", f"{side}_hip"
        yield f"{side}_y_shoulder", "revolute", "torso", f"{side}_y_shoulder", shoulder, (
            0, 0, -sign)
        yield (f"{side}_p_shoulder", "revolute", f"{side}_y_shoulder", f"{side}_p_shoulder", none,
               (sign, 0, 0))
        yield f"{side}_r_shoulder", "revolute", f"{side}_p_shoulder", arm, none, (0, 0, sign)
        yield f"{side}_elbow", "revolute", arm, f"{side}_elbow", (0.0, 0.0, -1.6 * head), (0, -1, 0)
        yield f"{side}_wrist", "fixed", f"{side}_elbow", f"{side}_wrist", (0.0, 0.0, -head), none
        yield f"{side}_y_hip", "revolute", "body", f"{side}_y_hip", hip, (0, 0, -1)
        yield f"{side}_p_hip", "revolute", f"{side}_y_hip", f"{side}_p_hip", none, (sign, 0, 0)
        yield f"{side}_r_hip", "revolute", f"{side}_p_hip", leg, none, (0, -1, 0)
        yield f"{side}_knee", "revolute", leg, f"{side}_knee", (0.0, 0.0, -1.5 * head), (0, -1, 0)
        yield f"{side}_ankle", "fixed", f"{side}_knee", f"{side}_ankle", (0.0, 0.0, -2 * head), none
