"""Augmentation: motion capture as random cameras and a noisy keypoint detector would see it.

3-D keypoints (metres, y up) -> pixels through a pinhole camera placed at random around the
person, then the errors of a detector: jitter, keypoints out of the image, gaps, a track that has
only just begun. Everything takes a batch and a ``numpy.random.Generator``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kinesics_core.camera import project
from kinesics_core.motion.windows import HORIZON, OBSERVED, centroid_and_scale
from kinesics_core.skeletons import COCO17, COCO17_FLIP

WIDTH, HEIGHT = 640, 480
FAR = 1000.0
"""Metres, from where there is no perspective."""


@dataclass(frozen=True, slots=True)
class Camera:
    """B pinhole cameras, each looking at a point. Yaw 0 looks along -z at a person facing +z.

    Attributes:
        target: (B, 3) metres, the point in the image centre.
        distance: (B,) metres from it.
        yaw: (B,) radians about the vertical.
        pitch: (B,) radians; positive looks down.
        roll: (B,) radians about the optical axis.
        focal: (B,) pixels.
    """

    target: np.ndarray
    distance: np.ndarray
    yaw: np.ndarray
    pitch: np.ndarray
    roll: np.ndarray
    focal: np.ndarray


@dataclass(frozen=True, slots=True)
class DetectorNoise:
    """Errors of a keypoint detector; shares of windows unless said otherwise.

    Attributes:
        jitter: Range of the jitter, 1 sigma, as a share of the pose's scale; log-uniform.
        upper_body: Windows that show no knees and ankles (half of them no hips either).
        lost_keypoint: Windows in which each arm or leg keypoint is missing throughout, with
            probability .2.
        gaps: Windows with keypoints missing for 2 to 15 frames.
        begun: Windows that start 0.5 to 2 s before the newest frame; the first pose is held
            before.
        exact: Windows without jitter.
    """

    jitter: tuple[float, float] = (0.0005, 0.008)
    upper_body: float = 0.35
    lost_keypoint: float = 0.1
    gaps: float = 0.3
    begun: float = 0.15
    exact: float = 0.0


NO_NOISE = DetectorNoise(
    jitter=(1e-9, 1e-9), upper_body=0.0, lost_keypoint=0.0, gaps=0.0, begun=0.0)
UPPER_BODY = DetectorNoise(
    jitter=(0.0005, 0.008), upper_body=1.0, lost_keypoint=0.0, gaps=0.3, begun=0.0)
OFTEN_EXACT = DetectorNoise(jitter=(0.0003, 0.006), upper_body=0.25, gaps=0.25, exact=0.3)


@dataclass(frozen=True, slots=True)
class Augmentation:
    """Differences between a recording and what is seen of it.

    Attributes:
        mirrored: Share of the windows with left and right exchanged.
        speeds: Windows are played at this range of their speed, log-uniform.
        proportions: Standard deviation of the log of how much limbs, trunk and head are longer.
        wide: True for cameras far away, high and low too, see ``random_camera``.
        level: Share of the windows that are seen exactly, from so far away that there is no
            perspective, at eye level: as the paper's measure sees them, from any side.
        quiet: People hardly move: half of the windows are played at ``SLOWLY``, in the others every
            pose is nearer to the newest observed one, by a share of ``SMALL``.
        pinned: The hips stay where they are.
    """

    mirrored: float = 0.5
    speeds: tuple[float, float] = (0.75, 1.3)
    proportions: float = 0.0
    wide: bool = False
    level: float = 0.0
    quiet: bool = False
    pinned: bool = False


SLOWLY = (0.04, 0.3)
"""Speeds of people who hardly move."""
SMALL = (0.02, 0.3)
"""Shares to which their movement is made small."""

MIRRORED_AND_WARPED = Augmentation()
AS_RECORDED = Augmentation(mirrored=0.0, speeds=(1.0, 1.0))


def pixels_of(points: np.ndarray, camera: Camera) -> np.ndarray:
    """Project points (B, ..., 3), metres, y up, into images of WIDTH x HEIGHT.

    Returns:
        (B, ..., 2) pixels, origin top left.
    """
    shape = (len(points),) + (1,) * (points.ndim - 2)
    kind = points.dtype
    x, y, z = np.moveaxis(points - camera.target.reshape(*shape, 3).astype(kind), -1, 0)
    yaw, pitch, roll = (a.reshape(shape).astype(kind)
                        for a in (camera.yaw, camera.pitch, camera.roll))
    x, z = np.cos(yaw) * x - np.sin(yaw) * z, np.sin(yaw) * x + np.cos(yaw) * z
    y, z = np.cos(pitch) * y - np.sin(pitch) * z, np.sin(pitch) * y + np.cos(pitch) * z
    x, y = np.cos(roll) * x - np.sin(roll) * y, np.sin(roll) * x + np.cos(roll) * y
    optical = np.stack([x, -y, camera.distance.reshape(shape).astype(kind) - z], axis=-1)
    focal = camera.focal.reshape(*shape, 1).astype(kind)
    return project(optical, focal, np.array([WIDTH / 2, HEIGHT / 2], kind), nearest=0.1)


def random_camera(
    rng: np.random.Generator, points: np.ndarray, *, wide: bool = False
) -> Camera:
    """Draw cameras around people, most in front of them, some anywhere.

    A robot is usually looked at: 70 % of the yaws lie within 70 degrees of the newest observed
    facing. Distances 1.5 to 5 m, at least half a metre further than the person ever comes, lens 0.8
    to 1.4 image widths, pitch and roll of a hand-placed camera.

    Args:
        rng: Source of every random number.
        points: (B, T, 17, 3) metres, y up.
        wide: Distances reach 7 m, a third of the cameras stand 60 m away with a long lens (hardly
            any perspective), and a third look up or down by as much as 35 degrees.
    """
    count = len(points)
    newest = points[:, min(OBSERVED, points.shape[1]) - 1]
    left = newest[:, COCO17.index("left_shoulder")] - newest[:, COCO17.index("right_shoulder")]
    facing = np.arctan2(-left[:, 2], left[:, 0])          # 0 when the person faces +z
    frontal = rng.random(count) < 0.7
    yaw = np.where(frontal, rng.uniform(-1.2, 1.2, count), rng.uniform(-np.pi, np.pi, count))
    target = newest.mean(axis=1) + rng.normal(0.0, 0.15, (count, 3))
    reach = np.linalg.norm(points - target[:, None, None], axis=-1).max(axis=(1, 2))
    near = Camera(
        target=target,
        distance=np.maximum(rng.uniform(1.5, 5.0, count), reach + 0.5),
        yaw=yaw + facing,
        pitch=rng.normal(0.0, 0.12, count),
        roll=rng.normal(0.0, 0.03, count),
        focal=WIDTH * rng.uniform(0.8, 1.4, count),
    )
    return _widened(rng, near, reach) if wide else near


def _widened(rng: np.random.Generator, camera: Camera, reach: np.ndarray) -> Camera:
    """Move cameras away, up and down, as ``random_camera`` says."""
    count = len(reach)
    far = rng.random(count) < 1 / 3
    distance = np.maximum(np.exp(rng.uniform(np.log(1.5), np.log(7.0), count)), reach + 0.5)
    steep = rng.random(count) < 1 / 3
    level = far & (rng.random(count) < 0.5)
    pitch = np.where(steep, rng.uniform(-0.6, 0.6, count), camera.pitch)
    return replace(
        camera, distance=np.where(far, 60.0, distance), pitch=np.where(level, 0.0, pitch),
        focal=np.where(far, 20.0 * camera.focal, camera.focal))


def leveled(camera: Camera, which: np.ndarray) -> Camera:
    """Move some cameras ``FAR`` away and to eye level, with a lens as much longer.

    Args:
        camera: B cameras.
        which: (B,) bool.
    """
    nearer = camera.focal / camera.distance
    return replace(
        camera, distance=np.where(which, FAR, camera.distance),
        pitch=np.where(which, 0.0, camera.pitch), roll=np.where(which, 0.0, camera.roll),
        focal=np.where(which, FAR * nearer, camera.focal))


def played(
    rng: np.random.Generator, clips: list[np.ndarray], which: np.ndarray,
    augmentation: Augmentation,
) -> np.ndarray:
    """Cut windows (B, 90, 17, 3), metres, of the clips named, with the movement that is asked for.

    Args:
        rng: Source of every random number.
        clips: (T, 17, 3) each, at 30 Hz.
        which: (B,) index of the clip of each window.
        augmentation: Its speeds, ``quiet`` and ``pinned``.
    """
    points = cut(rng, clips, which, *augmentation.speeds)
    if augmentation.quiet:
        low, high = np.log(SMALL)
        share = np.exp(rng.uniform(low, high, (len(which), 1, 1, 1))).astype(points.dtype)
        newest = points[:, OBSERVED - 1:OBSERVED]
        slow = rng.random(len(which)) < 0.5
        points = newest + share * (points - newest)
        points[slow] = cut(rng, clips, which[slow], *SLOWLY)
    if augmentation.pinned:
        pelvis = _middle(points, "hip")
        points = points - pelvis + pelvis[:, OBSERVED - 1:OBSERVED]
    return points


def mirror(points: np.ndarray) -> np.ndarray:
    """Exchange left and right of clips (..., 17, 3)."""
    return points[..., COCO17_FLIP, :] * (-1.0, 1.0, 1.0)


def stretch(rng: np.random.Generator, points: np.ndarray, deviation: float) -> np.ndarray:
    """Draw people of other proportions: limbs, trunk, head and their widths longer or shorter.

    Both sides by the same factor, over the whole window; joints keep their directions.

    Args:
        rng: Source of every random number.
        points: (B, T, 17, 3) metres.
        deviation: Standard deviation of the log of a factor.
    """
    factors = np.exp(rng.normal(0.0, deviation, (9, len(points), 1, 1, 1))).astype(points.dtype)
    trunk, shoulders, hips, upper_arm, forearm, thigh, shank, neck, head = factors
    pelvis, chest = _middle(points, "hip"), _middle(points, "shoulder")
    stretched = np.empty_like(points)
    raised = pelvis + (chest - pelvis) * trunk
    for part, base, moved, factor in (
        ("shoulder", chest, raised, shoulders), ("hip", pelvis, pelvis, hips),
    ):
        both = _indices(part)
        stretched[:, :, both] = moved + (points[:, :, both] - base) * factor
    for part, parent, factor in (
        ("elbow", "shoulder", upper_arm), ("wrist", "elbow", forearm),
        ("knee", "hip", thigh), ("ankle", "knee", shank),
    ):
        end, begin = _indices(part), _indices(parent)
        stretched[:, :, end] = stretched[:, :, begin] + (
            points[:, :, end] - points[:, :, begin]) * factor
    face = _indices("nose", "eye", "ear")
    middle = points[:, :, face].mean(axis=2, keepdims=True)
    stretched[:, :, face] = raised + (middle - chest) * neck + (points[:, :, face] - middle) * head
    return stretched


def _middle(points: np.ndarray, part: str) -> np.ndarray:
    """Return the point (B, T, 1, 3) between the left and the right of a part."""
    middle: np.ndarray = points[:, :, _indices(part)].mean(axis=2, keepdims=True)
    return middle


def detect(
    rng: np.random.Generator, observed: np.ndarray, noise: DetectorNoise
) -> tuple[np.ndarray, np.ndarray]:
    """Report keypoints as a noisy detector would.

    Args:
        rng: Source of every random number.
        observed: (B, 60, 17, 2) true pixels.
        noise: How the detector errs.

    Returns:
        (B, 60, 17, 2) pixels, and (B, 60, 17) bool, which keypoints were detected.
    """
    count, frames, keypoints, _ = observed.shape
    _, scale = centroid_and_scale(observed[:, -1])
    low, high = np.log(noise.jitter)
    sigma = np.exp(rng.uniform(low, high, (count, 1, 1, 1))) * scale[:, None]
    if noise.exact:
        sigma[rng.random(count) < noise.exact] = 0.0
    # Half of a detector's error stays from one frame to the next (time constant 5 frames).
    fresh = rng.standard_normal((frames, count, keypoints, 2))
    slow = np.empty_like(fresh)
    slow[0] = rng.standard_normal(fresh.shape[1:])
    for t in range(1, frames):
        slow[t] = 0.8 * slow[t - 1] + 0.6 * fresh[t]
    fresh = rng.standard_normal((count, frames, keypoints, 2))
    noisy = observed + sigma * np.sqrt(0.5) * (np.swapaxes(slow, 0, 1) + fresh)

    seen = np.ones((count, frames, keypoints), dtype=bool)
    hips, legs = _indices("hip"), _indices("knee", "ankle")
    cropped = np.less(rng.random(count), noise.upper_body)
    seen[np.ix_(cropped, np.arange(frames), legs)] = False
    seen[np.ix_(cropped & (rng.random(count) < 0.5), np.arange(frames), hips)] = False
    limbs = _indices("elbow", "wrist", "knee", "ankle")
    lost = (rng.random((count, 1)) < noise.lost_keypoint) & (rng.random((count, len(limbs))) < 0.2)
    seen[:, :, limbs] &= ~lost[:, None]
    gap = (rng.random((count, 1)) < noise.gaps) & (rng.random((count, keypoints)) < 0.25)
    start = rng.integers(0, frames, (count, 1, keypoints))
    length = rng.integers(2, 16, (count, 1, keypoints))
    step = np.arange(frames)[None, :, None]
    seen &= ~(gap[:, None] & (step >= start) & (step < start + length))

    begun = np.where(rng.random(count) < noise.begun, rng.integers(0, frames - 14, count), 0)
    seen &= step >= begun[:, None, None]
    seen[~seen.any(axis=(1, 2)), -1] = True
    return noisy, seen


def _indices(*parts: str) -> np.ndarray:
    return np.array([i for i, name in enumerate(COCO17) if name.split("_")[-1] in parts])


def cut(
    rng: np.random.Generator, clips: list[np.ndarray], which: np.ndarray,
    slowest: float = 1.0, fastest: float = 1.0,
) -> np.ndarray:
    """Cut one random window of each clip named.

    A window may begin before its clip does, by as much as 1.5 s; the first pose is held there, as
    the runtime does for a track that has just begun.

    Args:
        rng: Source of every random number.
        clips: (T, 17, 3) each, at 30 Hz.
        which: (B,) index of the clip of each window.
        slowest: Each is played at this share of its speed or more, log-uniform.
        fastest: Greatest share of its speed.

    Returns:
        (B, 90, 17, 3) float32.
    """
    length = OBSERVED + HORIZON
    windows = np.empty((len(which), length, *clips[0].shape[1:]), dtype=np.float32)
    steps = np.arange(length)
    speeds = np.ones(len(which)) if slowest == fastest else \
        np.exp(rng.uniform(np.log(slowest), np.log(fastest), len(which)))
    for row, (index, speed) in enumerate(zip(which, speeds, strict=True)):
        clip = clips[index]
        speed = min(speed, (len(clip) - 1) / (HORIZON + 15))
        early = min(0.0, len(clip) - 1 - speed * (length - 1))
        late = max(0.0, len(clip) - 1 - speed * (length - 1))
        times = np.clip(rng.uniform(early, late) + speed * steps, 0, len(clip) - 1)
        low = np.minimum(times.astype(int), len(clip) - 2)
        share = (times - low)[:, None, None]
        windows[row] = clip[low] * (1 - share) + clip[low + 1] * share
    return windows
