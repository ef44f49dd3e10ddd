"""Joints of any skeleton recognised by name, checked on the hierarchy, or by shape.

Names differ in prefix ("mixamorig:", "Bip01 ", "DEF-"), in how they write the side ("Left",
"l_", ".L") and in words: "LeftLeg" is the knee below "LeftUpLeg", "LeftShoulder" the collar bone
above "LeftArm" and the shoulder above "LeftElbow". A joint of motion capture stands where its bone
begins: the forearm's joint is the elbow.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np

from kinesics_core.errors import KinesicsError

SIDES = ("left", "right")
WANTED = ("head", *(f"{side}_{joint}" for joint in
                    ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in SIDES))
"""Joints looked for: the twelve COCO limb keypoints, and the base of the skull."""

# Limb -> for each of its three joints the words for it, in groups; an earlier group is the surer.
_WORDS: dict[str, tuple[tuple[tuple[str, ...], ...], ...]] = {
    "arm": (
        (("upperarm", "uparm", "armupper", "armup", "uarm", "humerus", "shldr", "bicep"), ("arm",),
         ("shoulder", "shoulderjoint", "shld")),
        (("forearm", "lowerarm", "lowarm", "loarm", "armlower", "armlow", "farm", "elbow", "radius",
          "ulna"),),
        (("hand", "wrist", "palm"),),
    ),
    "leg": (
        (("thigh", "upleg", "upperleg", "legupper", "legup", "uleg", "femur"), ("hip", "hips"),
         ("leg",), ("hipjoint",)),
        (("knee", "shin", "calf", "lowerleg", "lowleg", "loleg", "leglower", "leglow", "shank",
          "tibia"),
         ("leg",)),
        (("foot", "ankle"),),
    ),
}
_JOINTS = {"arm": ("shoulder", "elbow", "wrist"), "leg": ("hip", "knee", "ankle")}
_HEAD = (("head", "skull"), ("face", "cranium"), ("neck",))
_COLLAR = ("collar", "clavicle", "clav", "collarbone", "scapula", "shoulderblade")
_VOCABULARY = {
    *(word for limb in _WORDS.values() for joint in limb for group in joint for word in group),
    *(word for group in _HEAD for word in group), *_COLLAR,
}
_SIDE_WORDS = {"left": "left", "lft": "left", "l": "left", "right": "right", "rgt": "right",
               "r": "right"}
# Words around the one that counts; with any other word ("twist", "ik", "thumb") it is another bone.
_NOISE = {"joint", "jnt", "bone", "bend", "bind", "def", "org", "j", "b", "bip", "base", "skel",
          "stretch"}


def find_joints(
    names: Sequence[str], parents: Sequence[int], positions: np.ndarray,
    given: Mapping[str, str] | None = None, file: str = "the skeleton",
) -> dict[str, int]:
    """Find the joint of each of ``WANTED``.

    Args:
        names: Of J joints; end sites are called "<parent>_end".
        parents: J indices, -1 for a root.
        positions: (S, J, 3), some posed frames, any unit and axes.
        given: Keypoint or "head" -> joint name, where the caller knows better.
        file: What an error calls the skeleton.

    Returns:
        Index of the joint by name.

    Raises:
        KinesicsError: One is not found; the error names the joints there are.
    """
    fixed = _given(names, given or {}, file)
    lengths = _bone_lengths(parents, positions)
    named = _by_name(names, parents, lengths)
    shaped = _by_shape(names, parents, positions, lengths)
    attempts = [{**guess, **fixed} for guess in (named, {**shaped, **named}, shaped)]
    for found in attempts:
        if _hangs_together(found, parents, positions, fixed):
            break
    else:
        missing = [name for name in WANTED if name not in attempts[1]] or list(WANTED)
        raise KinesicsError(
            f"{file}: cannot tell which of its joints is {', '.join(missing)}. They are"
            f" {', '.join(names[:60])}. Write a file with lines such as"
            f" '{missing[0]}: {names[0]}' and give it with --joints."
        )
    return {name: found[name] for name in WANTED}


def _given(names: Sequence[str], given: Mapping[str, str], file: str) -> dict[str, int]:
    unknown = [key for key in given if key not in WANTED]
    if unknown:
        raise KinesicsError(
            f"--joints names {', '.join(unknown)}; wanted of {', '.join(WANTED)}.")
    absent = [joint for joint in given.values() if joint not in names]
    if absent:
        raise KinesicsError(
            f"{file} has no joint {', '.join(absent)}, which --joints names; it has"
            f" {', '.join(names[:60])}."
        )
    return {key: list(names).index(joint) for key, joint in given.items()}


def _hangs_together(
    found: Mapping[str, int], parents: Sequence[int], positions: np.ndarray,
    fixed: Mapping[str, int],
) -> bool:
    """Say whether all is there, once, and each limb is a chain of bones that have a length."""
    if any(name not in found for name in WANTED):
        return False
    for limb in _JOINTS.values():
        for side in SIDES:
            for upper, lower in pairwise(f"{side}_{joint}" for joint in limb):
                if upper in fixed or lower in fixed:
                    continue
                span = positions[:, found[upper]] - positions[:, found[lower]]
                if found[upper] not in _ancestors(found[lower], parents) or not span.any():
                    return False
    return len(set(found.values())) == len(found)


# -- by name --------------------------------------------------------------------------------------


def read_names(names: Sequence[str]) -> list[tuple[str, str]]:
    """Return side and word of each name: ("left", "upperarm"); ("", "") if nothing is known."""
    tokens = [_tokens(name) for name in names]
    for end in (0, -1):  # what most names begin or end with says nothing
        while True:
            counts = Counter(words[end] for words in tokens if len(words) > 1)
            word, count = counts.most_common(1)[0] if counts else ("", 0)
            if count < 0.6 * len(tokens) or word in _SIDE_WORDS or word in _VOCABULARY:
                break
            for words in tokens:
                if len(words) > 1 and words[end] == word:
                    del words[end]
    return [("", "") if _is_end_site(name, names) else _read(words)
            for name, words in zip(names, tokens, strict=True)]


def _is_end_site(name: str, names: Sequence[str]) -> bool:
    return name.endswith("_end") and name.removesuffix("_end") in names


def _tokens(name: str) -> list[str]:
    """Split "mixamorig:LeftUpLeg" into ["left", "up", "leg"]; numbers fall out."""
    bare = re.split(r"[:|]", name)[-1]
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", bare)]


def _read(words: list[str]) -> tuple[str, str]:
    sides = [index for index, word in enumerate(words) if word in _SIDE_WORDS]
    if sides:
        side = _SIDE_WORDS[words[sides[0]]]
        return side, _word([word for index, word in enumerate(words) if index != sides[0]])
    if plain := _word(words):
        return "", plain
    joined = "".join(words)  # "lfemur", "upperarml", "LEFTARM"
    for mark, side in _SIDE_WORDS.items():
        for rest in (joined.removeprefix(mark), joined.removesuffix(mark)):
            if rest != joined and rest in _VOCABULARY:
                return side, rest
    return "", ""


def _word(words: list[str]) -> str:
    for candidate in (words, [word for word in words if word not in _NOISE]):
        if "".join(candidate) in _VOCABULARY:
            return "".join(candidate)
    return ""


def _by_name(
    names: Sequence[str], parents: Sequence[int], lengths: np.ndarray
) -> dict[str, int]:
    read = read_names(names)
    found: dict[str, int] = {}
    for side in SIDES:
        for limb, joints in _JOINTS.items():
            chain = _limb_by_name(
                [word if of == side else "" for of, word in read], parents, lengths, limb)
            found.update({f"{side}_{joint}": index
                          for joint, index in zip(joints, chain or (), strict=bool(chain))})
    words = [word if not side else "" for side, word in read]
    for group in _HEAD:
        if heads := [index for index, word in enumerate(words) if word in group]:
            # The skull begins where the neck ends: the last neck joint, but the first head joint.
            found["head"] = heads[-1 if group == ("neck",) else 0]
            break
    return found


def _limb_by_name(
    words: list[str], parents: Sequence[int], lengths: np.ndarray, limb: str
) -> tuple[int, int, int] | None:
    """Find the joints of one side where upper bone, lower bone and hand or foot begin."""
    upper_words, lower_words, end_words = _WORDS[limb]
    ends = [index for index, word in enumerate(words) if word in end_words[0]]
    for group in lower_words:
        for lower in (index for index, word in enumerate(words) if word in group):
            above = [a for a in _ancestors(lower, parents) if words[a] not in ("", *_COLLAR)]
            upper = _best(above, words, upper_words)
            if upper is None:
                continue
            end = next((e for e in ends if lower in _ancestors(e, parents)), None)
            if end is None:
                end = _next_below(lower, parents, lengths)
            return None if end is None else (upper, lower, end)
    # No name for the middle joint ("RArm", "RArm1", "RHand"): it lies between the other two.
    for end in ends:
        above = [a for a in _ancestors(end, parents) if words[a] not in ("", *_COLLAR)]
        upper = _best(above, words, upper_words)
        if upper is None:
            continue
        between = [a for a in _ancestors(end, parents)
                   if upper in _ancestors(a, parents) and lengths[a] > 0]
        if between:
            return upper, between[-1], end
        if len(above) > 1:
            return above[1], above[0], end
    return None


def _best(
    candidates: Sequence[int], words: Sequence[str], groups: Sequence[Sequence[str]]
) -> int | None:
    """Return the topmost of the surest group; candidates run from below to above."""
    for group in groups:
        if of_group := [index for index in candidates if words[index] in group]:
            return of_group[-1]
    return None


def _next_below(joint: int, parents: Sequence[int], lengths: np.ndarray) -> int | None:
    """Return the joint at the end of a bone: the farthest child."""
    below = [child for child, parent in enumerate(parents) if parent == joint]
    best = max(below, key=lambda child: lengths[child], default=None)
    if best is not None and lengths[best] == 0:
        return _next_below(best, parents, lengths)
    return best


# -- by shape -------------------------------------------------------------------------------------


def _by_shape(
    names: Sequence[str], parents: Sequence[int], positions: np.ndarray, lengths: np.ndarray
) -> dict[str, int]:
    """Find legs and arms as the pairs of equal chains that hang from one joint each.

    The legs' joint is nearer the root. A limb's two bones are its two longest in a row. The sides
    come from the names if they tell, else from the toes, which point forward.
    """
    chains = _chains(parents, lengths)
    long = {joint: lengths[chain[1:]].sum() for joint, chain in chains.items()}
    pairs = []
    for joint in range(len(parents)):
        below = {c for c in _children(joint, parents, lengths) if len(chains[c]) > 2}
        unlike = {pair: _difference(lengths[chains[pair[0]][1:]], lengths[chains[pair[1]][1:]])
                  for pair in combinations(sorted(below), 2)}
        for one, other in sorted(unlike, key=lambda pair: unlike[pair]):
            if unlike[one, other] < 0.15 and {one, other} <= below:
                pairs.append((joint, chains[one], chains[other]))
                below -= {one, other}
    longest = max((long[one[0]] for _, one, _ in pairs), default=0.0)
    pairs = [pair for pair in pairs if long[pair[1][0]] > 0.4 * longest]  # not the fingers
    if len(pairs) < 2:
        return {}
    pairs.sort(key=lambda pair: (len(_ancestors(pair[0], parents)), -long[pair[1][0]]))
    pelvis, legs = pairs[0][0], pairs[0][1:]
    chest, arms = pairs[-1][0], pairs[-1][1:]
    rest = [child for child in _children(chest, parents, lengths)
            if chains[child][0] not in (arms[0][0], arms[1][0])]
    if pelvis not in _ancestors(chest, parents) and pelvis != chest or not rest:
        return {}
    upward = max((chains[child] for child in rest), key=lambda chain: lengths[chain].sum())
    head = upward[-1]
    if _is_end_site(names[head], names) and len(upward) > 1:
        head = upward[-2]
    read = read_names(names)
    limbs = {"leg": [_two_longest(chain, lengths) for chain in legs],
             "arm": [_two_longest(chain, lengths) for chain in arms]}
    ankles = [bones[2] for bones in limbs["leg"]]
    up = positions[:, head] - positions[:, ankles].mean(axis=1)
    forward = np.zeros_like(up)
    for chain, ankle in zip(legs, ankles, strict=True):
        if ankle != chain[-1]:
            forward += positions[:, chain[chain.index(ankle) + 1]] - positions[:, ankle]
    left = np.cross(up, forward)
    span = np.linalg.norm(up) * np.linalg.norm(forward)
    toes_tell = np.linalg.norm(left, axis=-1).sum() > 0.3 * span > 0
    found = {"head": head}
    for limb, pair in limbs.items():
        sides = [{read[index][0] for index in bones} - {""} for bones in pair]
        if sides == [{"left"}, {"right"}] or sides == [{"right"}, {"left"}]:
            first_is_left = sides[0] == {"left"}
        elif toes_tell:
            across = positions[:, pair[0][0]] - positions[:, pair[1][0]]
            first_is_left = float(np.sum(across * left)) > 0
        else:
            return {}
        for side, bones in zip(SIDES if first_is_left else SIDES[::-1], pair, strict=True):
            found.update({f"{side}_{joint}": index
                          for joint, index in zip(_JOINTS[limb], bones, strict=True)})
    return found


def _difference(one: np.ndarray, other: np.ndarray) -> float:
    """Return the difference of bone lengths along two chains, as a share of their length."""
    count = max(len(one), len(other))
    gap = np.pad(one, (0, count - len(one))) - np.pad(other, (0, count - len(other)))
    return float(np.abs(gap).sum() / max(one.sum(), other.sum()))


def _two_longest(chain: Sequence[int], lengths: np.ndarray) -> tuple[int, int, int]:
    """Return start, middle and end of the two bones in a row that are longest together."""
    best = max(range(len(chain) - 2),
               key=lambda i: min(lengths[chain[i + 1]], lengths[chain[i + 2]]))
    return chain[best], chain[best + 1], chain[best + 2]


def _chains(parents: Sequence[int], lengths: np.ndarray) -> dict[int, list[int]]:
    """Go from each joint down its longest way, without joints that stand on the one before."""
    chains: dict[int, list[int]] = {}
    for joint in reversed(range(len(parents))):
        below = [chains[child] for child, parent in enumerate(parents) if parent == joint]
        longest = max(below, key=lambda chain: lengths[chain].sum(), default=[])
        if longest and lengths[longest[0]] == 0:
            longest = longest[1:]
        chains[joint] = [joint, *longest]
    return chains


def _children(joint: int, parents: Sequence[int], lengths: np.ndarray) -> list[int]:
    """Return the joints that hang from one, over joints that stand on it."""
    below = []
    for child, parent in enumerate(parents):
        if parent == joint:
            further = _children(child, parents, lengths) if lengths[child] == 0 else []
            below += further or [child]
    return below


def _bone_lengths(parents: Sequence[int], positions: np.ndarray) -> np.ndarray:
    """Return the median distances (J,) from the parents; exactly 0 for what stands on one."""
    above = positions[:, [max(parent, 0) for parent in parents]]
    lengths = np.median(np.linalg.norm(positions - above, axis=-1), axis=0)
    lengths[[parent < 0 for parent in parents]] = 0.0
    return np.where(lengths < 1e-4 * max(lengths.max(), 1e-12), 0.0, lengths)


def _ancestors(joint: int, parents: Sequence[int]) -> list[int]:
    """Return the joints from the parent up to the root."""
    line = []
    while parents[joint] >= 0:
        joint = parents[joint]
        line.append(joint)
    return line
