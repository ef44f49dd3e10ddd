"""A toy robot's description: trunk, neck and two arms of six joints, all known by construction."""

from __future__ import annotations

from pathlib import Path

JOINTS = (
    # name, parent, child, place, axis, lower, upper, velocity
    ("waist_yaw", "base", "waist", "0 0 0.5", "0 0 1", -1.2, 1.2, 2.0),
    ("waist_pitch", "waist", "trunk", "0 0 0.05", "0 1 0", -0.4, 0.8, 2.0),
    ("neck_yaw", "trunk", "neck", "0 0 0.45", "0 0 1", -1.3, 1.3, 3.0),
    ("neck_pitch", "neck", "head", "0 0 0.05", "0 1 0", -0.6, 0.7, 3.0),
    *(joint for side, sign in (("left", 1), ("right", -1)) for joint in (
        (f"{side}_shoulder_pitch", "trunk", f"{side}_shoulder", f"0 {sign * 0.2} 0.4", "0 1 0",
         -3.0, 2.0, 4.0),
        (f"{side}_shoulder_roll", f"{side}_shoulder", f"{side}_shoulder_2", "0 0 0", "1 0 0",
         min(-0.3 * sign, 2.9 * sign), max(-0.3 * sign, 2.9 * sign), 4.0),
        (f"{side}_shoulder_yaw", f"{side}_shoulder_2", f"{side}_upper_arm", "0 0 0", "0 0 1",
         -2.5, 2.5, 4.0),
        (f"{side}_elbow", f"{side}_upper_arm", f"{side}_forearm", "0 0 -0.28", "0 1 0",
         -2.5, 0.1, 5.0),
        (f"{side}_wrist_yaw", f"{side}_forearm", f"{side}_wrist", "0 0 -0.25", "0 0 1",
         -2.5, 2.5, 4.0),
        (f"{side}_wrist_pitch", f"{side}_wrist", f"{side}_hand", "0 0 0", "0 1 0",
         -1.2, 1.2, 4.0),
        (f"{side}_finger", f"{side}_hand", f"{side}_finger_link", "0 0 -0.1", "0 1 0",
         0.0, 1.4, 3.0),
    )),
)

PARTS = {
    "trunk": "0.15 0.3 0.4 0 0 0.2", "head": "0.15 0.15 0.2 0 0 0.15",
    **{f"{side}_{part}": box for side in ("left", "right") for part, box in (
        ("upper_arm", "0.06 0.06 0.26 0 0 -0.14"), ("forearm", "0.05 0.05 0.22 0 0 -0.12"),
        ("hand", "0.04 0.06 0.1 0 0 -0.06"))},
}
"""Link -> size and place of its box, metres."""

MAP = """\
name: toy
urdf: toy.urdf
base: {link: base}
camera: head
face: screen
links:
  spine: {link: trunk, axis: [0, 0, 1]}
  chest: {link: trunk, axis: [1, 0, 0]}
  head: {link: head, axis: [1, 0, 0]}
  crown: {link: head, axis: [0, 0, 1]}
  left_upper_arm: {link: left_upper_arm, axis: [0, 0, -1]}
  left_forearm: {link: left_forearm, axis: [0, 0, -1]}
  left_hand: {link: left_hand, axis: [0, 0, -1]}
  right_upper_arm: {link: right_upper_arm, axis: [0, 0, -1]}
  right_forearm: {link: right_forearm, axis: [0, 0, -1]}
  right_hand: {link: right_hand, axis: [0, 0, -1]}
joints: [waist_.*, neck_.*, .*_shoulder_.*, .*_elbow, .*_wrist_.*, .*_finger]
rest: {left_elbow: -0.2, right_elbow: -0.2}
hands: {left: {left_finger: [0.0, 1.3]}, right: {right_finger: [0.0, 1.3]}}
"""


def toy_urdf() -> str:
    """Return the description."""
    links = ["base", *(joint[2] for joint in JOINTS)]
    parts = []
    for link in links:
        box = ""
        if link in PARTS:
            numbers = PARTS[link].split()
            origin = f'<origin xyz="{" ".join(numbers[3:])}"/>'
            shape = f'<geometry><box size="{" ".join(numbers[:3])}"/></geometry>'
            box = (f"<visual>{origin}{shape}</visual><collision>{origin}{shape}</collision>")
        parts.append(f'<link name="{link}">{box}</link>')
    for name, parent, child, place, axis, lower, upper, velocity in JOINTS:
        parts.append(
            f'<joint name="{name}" type="revolute"><parent link="{parent}"/><child link="{child}"/>'
            f'<origin xyz="{place}"/><axis xyz="{axis}"/>'
            f'<limit lower="{lower}" upper="{upper}" velocity="{velocity}" effort="10"/></joint>')
    return f'<robot name="toy">{"".join(parts)}</robot>'


def write_toy(folder: Path) -> Path:
    """Write ``toy.urdf`` and ``toy.yaml`` into a folder; return the map."""
    (folder / "toy.urdf").write_text(toy_urdf())
    (folder / "toy.yaml").write_text(MAP)
    return folder / "toy.yaml"
