"""A person of known build in T-pose as BVH text, under the joint names of many tools."""

from __future__ import annotations

import numpy as np

SIDES = ("left", "right")
LEG = 45 + 45  # thigh and shin, in the file's unit

# Joint -> parent and offset from it: x to the body's left (of a left limb), y up, z forward.
BUILD = {
    "hips": (None, (0, 95, 0)), "spine": ("hips", (0, 22, 0)), "neck": ("spine", (0, 26, 0)),
    "head": ("neck", (0, 9, 1)),
    "collar": ("spine", (5, 20, 0)), "shoulder": ("collar", (13, 2, 0)),
    "elbow": ("shoulder", (30, 0, 0)), "wrist": ("elbow", (25, 0, 0)),
    "finger": ("wrist", (9, 0, 0)),
    "buttock": ("hips", (4, -2, 0)), "hip": ("buttock", (6, -3, 0)), "knee": ("hip", (0, -45, 0)),
    "ankle": ("knee", (0, -45, 0)), "toe": ("ankle", (0, -5, 13)),
}
CENTRAL = ("hips", "spine", "neck", "head")
ENDS = {"head": (0, 15, 0), "finger": (4, 0, 0), "wrist": (8, 0, 0), "elbow": (25, 0, 0),
        "toe": (0, 0, 5), "ankle": (0, -5, 13)}

# Joint names; {S} is Left or Right, {s} left or right, {L} L or R, {l} l or r. What a tool has not
# is left out: its children hang from its parent.
NAMES = {
    "bandai": "Hips Spine Neck Head Shoulder_{L} UpperArm_{L} LowerArm_{L} Hand_{L} -"
              " - UpperLeg_{L} LowerLeg_{L} Foot_{L} Toes_{L}",
    "cmu": "Hips Spine Neck Head {S}Shoulder {S}Arm {S}ForeArm {S}Hand {S}HandIndex1"
           " {L}HipJoint {S}UpLeg {S}Leg {S}Foot {S}ToeBase",
    "lafan1": "Hips Spine Neck Head {S}Shoulder {S}Arm {S}ForeArm {S}Hand -"
              " - {S}UpLeg {S}Leg {S}Foot {S}Toe",
    "mixamo": "mixamorig:Hips mixamorig:Spine mixamorig:Neck mixamorig:Head mixamorig:{S}Shoulder"
              " mixamorig:{S}Arm mixamorig:{S}ForeArm mixamorig:{S}Hand mixamorig:{S}HandIndex1"
              " - mixamorig:{S}UpLeg mixamorig:{S}Leg mixamorig:{S}Foot mixamorig:{S}ToeBase",
    "perception neuron": "Robot_Hips Robot_Spine Robot_Neck Robot_Head Robot_{S}Shoulder"
                         " Robot_{S}Arm Robot_{S}ForeArm Robot_{S}Hand Robot_{S}InHandIndex"
                         " - Robot_{S}UpLeg Robot_{S}Leg Robot_{S}Foot -",
    "100style": "Hips Chest Neck Head {S}Collar {S}Shoulder {S}Elbow {S}Wrist -"
                " - {S}Hip {S}Knee {S}Ankle {S}Toe",
    "no collar": "Hips Chest Neck Head - {S}Shoulder {S}Elbow {S}Wrist - - {S}Hip {S}Knee {S}Ankle"
                 " {S}Toe",
    "hip joint": "Hips Spine Neck Head {S}Collar {S}Shoulder {S}Elbow {S}Wrist -"
                 " {L}HipJoint {S}Hip {S}Knee {S}Ankle {S}Toe",
    "biovision": "Hips Chest Neck Head {S}Collar {S}UpArm {S}LowArm {S}Hand -"
                 " - {S}UpLeg {S}LowLeg {S}Foot -",
    "daz": "hip abdomen neck head {l}Collar {l}Shldr {l}ForeArm {l}Hand {l}Index1"
           " {l}Buttock {l}Thigh {l}Shin {l}Foot -",
    "genesis": "hip abdomenLower neckLower head {l}Collar {l}ShldrBend {l}ForearmBend {l}Hand -"
               " - {l}ThighBend {l}Shin {l}Foot {l}Toe",
    "biped": "Bip01~Pelvis Bip01~Spine Bip01~Neck Bip01~Head Bip01~{L}~Clavicle"
             " Bip01~{L}~UpperArm Bip01~{L}~Forearm Bip01~{L}~Hand Bip01~{L}~Finger0"
             " - Bip01~{L}~Thigh Bip01~{L}~Calf Bip01~{L}~Foot Bip01~{L}~Toe0",
    "valve": "ValveBiped.Bip01_Pelvis ValveBiped.Bip01_Spine ValveBiped.Bip01_Neck1"
             " ValveBiped.Bip01_Head1 ValveBiped.Bip01_{L}_Clavicle ValveBiped.Bip01_{L}_UpperArm"
             " ValveBiped.Bip01_{L}_Forearm ValveBiped.Bip01_{L}_Hand - -"
             " ValveBiped.Bip01_{L}_Thigh ValveBiped.Bip01_{L}_Calf ValveBiped.Bip01_{L}_Foot"
             " ValveBiped.Bip01_{L}_Toe0",
    "unreal": "pelvis spine_01 neck_01 head clavicle_{l} upperarm_{l} lowerarm_{l} hand_{l}"
              " index_01_{l} - thigh_{l} calf_{l} foot_{l} ball_{l}",
    "rigify": "spine spine.001 spine.004 face shoulder.{L} upper_arm.{L} forearm.{L} hand.{L} -"
              " pelvis.{L} thigh.{L} shin.{L} foot.{L} toe.{L}",
    "rigify deform": "DEF-spine DEF-spine.001 DEF-spine.004 DEF-spine.006 DEF-shoulder.{L}"
                     " DEF-upper_arm.{L} DEF-forearm.{L} DEF-hand.{L} DEF-f_index.01.{L}"
                     " - DEF-thigh.{L} DEF-shin.{L} DEF-foot.{L} DEF-toe.{L}",
    "reactidle, no hand": "pelvis spine neck face shoulder.{L} upper_arm.{L} forearm.{L} - -"
                          " - thigh.{L} shin.{L} foot.{L} -",
    "smpl": "Pelvis Spine1 Neck Head {L}_Collar {L}_Shoulder {L}_Elbow {L}_Wrist {L}_Hand"
            " - {L}_Hip {L}_Knee {L}_Ankle {L}_Foot",
    "acclaim": "root lowerback lowerneck head {l}clavicle {l}humerus {l}radius {l}wrist {l}hand"
               " {l}hipjoint {l}femur {l}tibia {l}foot {l}toes",
    "xsens": "jHips jL5S1 jNeck jHead j{S}C7Shoulder j{S}Shoulder j{S}Elbow j{S}Wrist -"
             " - j{S}Hip j{S}Knee j{S}Ankle j{S}BallFoot",
    "xsens segments": "Hips Chest Neck Head {S}Collar {S}UpperArm {S}Forearm {S}Hand -"
                      " - {S}UpperLeg {S}LowerLeg {S}Foot {S}Toe",
    "beat": "Hips Spine Neck Head {L}Shoulder {L}Arm {L}Arm1 {L}Hand {L}HandM1"
            " - {L}UpLeg {L}Leg {L}Foot {L}FootF",
    "kinect": "SpineBase SpineMid Neck Head - Shoulder{S} Elbow{S} Wrist{S} Hand{S}"
              " - Hip{S} Knee{S} Ankle{S} Foot{S}",
    "vrm": "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Neck J_Bip_C_Head J_Bip_{L}_Shoulder"
           " J_Bip_{L}_UpperArm J_Bip_{L}_LowerArm J_Bip_{L}_Hand J_Bip_{L}_Index1"
           " - J_Bip_{L}_UpperLeg J_Bip_{L}_LowerLeg J_Bip_{L}_Foot J_Bip_{L}_ToeBase",
    "reallusion": "CC_Base_Hip CC_Base_Waist CC_Base_NeckTwist01 CC_Base_Head CC_Base_{L}_Clavicle"
                  " CC_Base_{L}_Upperarm CC_Base_{L}_Forearm CC_Base_{L}_Hand CC_Base_{L}_Mid1"
                  " - CC_Base_{L}_Thigh CC_Base_{L}_Calf CC_Base_{L}_Foot CC_Base_{L}_ToeBase",
    "makehuman": "root spine05 neck01 head clavicle.{L} upperarm01.{L} lowerarm01.{L} wrist.{L}"
                 " finger2-1.{L} pelvis.{L} upperleg01.{L} lowerleg01.{L} foot.{L} toe1-1.{L}",
    "upper case": "HIPS SPINE NECK HEAD {S}COLLAR {S}ARM {S}FOREARM {S}HAND -"
                  " - {S}THIGH {S}SHIN {S}FOOT -",
    "motive": "Hip Ab Neck Head {L}Shoulder {L}UArm {L}FArm {L}Hand {L}Index1"
              " - {L}Thigh {L}Shin {L}Foot {L}Toe",
    "deepmotion": "hips_JNT spine_JNT neck_JNT head_JNT {l}_shoulder_JNT {l}_arm_JNT"
                  " {l}_forearm_JNT {l}_hand_JNT - - {l}_upleg_JNT {l}_leg_JNT {l}_foot_JNT"
                  " {l}_toebase_JNT",
    "auto-rig pro": "root.x spine_01.x neck.x head.x shoulder.{l} arm_stretch.{l}"
                    " forearm_stretch.{l} hand.{l} c_index1.{l} - thigh_stretch.{l}"
                    " leg_stretch.{l} foot.{l} toes_01.{l}",
    "talking with hands": "b_root b_spine0 b_neck0 b_head b_{l}_shoulder b_{l}_arm b_{l}_forearm"
                          " b_{l}_wrist b_{l}_index1 - b_{l}_upleg b_{l}_leg b_{l}_foot -",
}


def joint_names(tool: str) -> dict[str, str]:
    """Joint ("left_knee", "head") -> its name in a tool's files; joints it has not are absent."""
    words = [word.replace("~", " ") for word in NAMES[tool].split()]
    names = {}
    for joint, word in zip(BUILD, words, strict=True):
        for side in SIDES if joint not in CENTRAL else ("",):
            if word != "-":
                key = f"{side}_{joint}" if side else joint
                names[key] = word.format(S=side.title(), s=side, L=side[:1].upper(), l=side[:1])
    return names


def expected(tool: str) -> dict[str, str]:
    """COCO limb keypoint or "head" -> joint name; without a hand, the end of the forearm."""
    names = joint_names(tool)
    wanted = {"head": names["head"]}
    for side in SIDES:
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
            key = f"{side}_{joint}"
            wanted[key] = names.get(key, names[f"{side}_elbow"] + "_end")
    return wanted


def bvh(
    tool: str = "cmu", frames: int = 100, rate: float = 20, *, up: str = "y",
    turns: dict[str, tuple[float, float, float]] | None = None, scale: float = 1.0,
    names: dict[str, str] | None = None, walk: float = 0.0,
) -> str:
    """The text of a file. turns: joint -> degrees about x (left), y (up), z (forward), one of them.

    up: the axis that is up in the file's world, which is turned about x. walk: forward, per frame.
    """
    names = joint_names(tool) if names is None else names

    def world(v):
        x, y, z = v
        return {"y": (x, y, z), "z": (x, -z, y), "-y": (x, -y, -z), "-z": (x, z, -y)}[up]

    lines: list[str] = []
    order: list[str] = []

    def write(joint, side, parent_offset):
        key = f"{side}_{joint}" if side else joint
        _, offset = BUILD[joint]
        mirror = -1 if side == "right" else 1
        total = np.add(parent_offset, np.multiply(offset, (mirror, 1, 1)) * scale)
        children = [(child, s) for child, (parent, _) in BUILD.items() if parent == joint
                    for s in ((side,) if side else ("",) if child in CENTRAL else SIDES)]
        if key not in names:
            for child, s in children:
                write(child, s, total)
            return
        root = joint == "hips"
        order.append(key)
        lines.append(f"{'ROOT' if root else 'JOINT'} {names[key]}\n{{")
        lines.append("OFFSET {} {} {}".format(*world((0, 0, 0) if root else total)))
        position = "Xposition Yposition Zposition " if root else ""
        lines.append(f"CHANNELS {6 if root else 3} {position}Zrotation Yrotation Xrotation")
        before = len(order)
        for child, s in children:
            write(child, s, (0, 0, 0))
        if len(order) == before:
            end = np.multiply(ENDS[joint], (mirror, 1, 1)) * scale
            lines.append("End Site\n{{\nOFFSET {} {} {}\n}}".format(*world(end)))
        lines.append("}")

    write("hips", "", (0, 0, 0))
    table = np.zeros((frames, 3 + 3 * len(order)))
    height = np.multiply(BUILD["hips"][1], scale)
    for t in range(frames):
        table[t, :3] = world(height + (0, 0, walk * t))
    for key, angles in (turns or {}).items():
        column = 3 + 3 * order.index(key)
        table[:, column:column + 3] = world(angles)[::-1]
    rows = "\n".join(" ".join(f"{value:.6g}" for value in row) for row in table)
    return ("HIERARCHY\n" + "\n".join(lines)
            + f"\nMOTION\nFrames: {frames}\nFrame Time: {1 / rate:.6f}\n{rows}\n")
