"""An Acclaim skeleton (.asf) and motion (.amc) of a small person, as text."""

# Name, parent, direction, length, axis, degrees of freedom.
BONES = [
    ("lowerback", "root", (0, 1, 0), 4, (0, 0, 0), "rx ry rz"),
    ("thorax", "lowerback", (0, 1, 0), 4, (0, 0, 0), "rx ry rz"),
    ("upperneck", "thorax", (0, 1, 0), 2, (0, 0, 0), ""),
    ("head", "upperneck", (0, 1, 0), 2, (0, 0, 0), "rx ry rz"),
]
for letter, sign in (("l", 1), ("r", -1)):
    BONES += [
        (f"{letter}clavicle", "thorax", (sign, 0, 0), 3, (0, 0, 0), ""),
        (f"{letter}humerus", f"{letter}clavicle", (sign, 0, 0), 5, (0, 0, sign * 90), "rx ry rz"),
        (f"{letter}radius", f"{letter}humerus", (sign, 0, 0), 4, (0, 0, 0), "rx"),
        (f"{letter}hipjoint", "root", (sign, 0, 0), 2, (0, 0, 0), ""),
        (f"{letter}femur", f"{letter}hipjoint", (0, -1, 0), 7, (0, 0, 20), "rx ry rz"),
        (f"{letter}tibia", f"{letter}femur", (0, -1, 0), 7, (0, 0, 20), "rx"),
    ]


def skeleton_text() -> str:
    """Return the .asf."""
    bones = "\n".join(
        f"  begin\n id {number}\n name {name}\n direction {' '.join(map(str, way))}\n length"
        f" {length}\n axis {' '.join(map(str, axis))} XYZ\n" + (f" dof {dof}\n" if dof else "")
        + "  end" for number, (name, _, way, length, axis, dof) in enumerate(BONES, 1))
    tree = "\n".join(f"  {parent} {name}" for name, parent, *_ in BONES)
    return (":version 1.10\n:units\n  mass 1.0\n  length 0.45\n  angle deg\n:root\n order TX TY TZ"
            f" RX RY RZ\n:bonedata\n{bones}\n:hierarchy\n  begin\n{tree}\n  end\n")


def motion_text(frames: int = 30, **given: str) -> str:
    """Return an .amc; ``given``: bone -> its numbers in all frames."""
    lines = [":FULLY-SPECIFIED", ":DEGREES"]
    for frame in range(1, frames + 1):
        lines.append(str(frame))
        lines.append("root " + given.get("root", "0 16 0 0 0 0"))
        lines += [f"{name} " + given.get(name, " ".join("0" * len(dof.split())))
                  for name, _, _, _, _, dof in BONES if dof]
    return "\n".join(lines) + "\n"
