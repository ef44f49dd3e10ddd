"""The data that travels between stages: plain numpy dataclasses, one for each ROS message.

Conventions, the same as in ``msg/``: stamps are integer nanoseconds since the epoch and name the
moment the image was taken; pixels have their origin at the top left of the image; metres and
radians elsewhere. "Unknown" is ``None`` for a whole part and ``nan`` for an element, never zero.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

NANOSECONDS = 1_000_000_000


@dataclass(slots=True)
class Frame:
    """One image of a source.

    Attributes:
        image: (height, width, 3) uint8, RGB, C-contiguous.
        stamp: Acquisition time, ns.
        index: 0-based count of frames read from the source, dropped ones included.
        frame_id: tf frame of the image.
    """

    image: np.ndarray
    stamp: int
    index: int = 0
    frame_id: str = "camera_optical_frame"


@dataclass(slots=True)
class Person:
    """One person as seen in one image.

    Attributes:
        id: Track id, from 1, stable while the person is followed, never reused in a session.
        score: Confidence that this is a person, 0..1.
        coco: (17, 3) float32, COCO-17 order, x px, y px, score 0..1; nan where not seen.
        pose: (33, 4) float32, MediaPipe-33, x px, y px, z px (depth relative to the hips, towards
            the camera is negative), visibility 0..1; None if unknown.
        pose_world: (33, 3) float32 metres, origin between the hips, optical axes (x right, y down,
            z away from the camera); None if unknown.
        left_hand: (21, 3) float32, x px, y px, z px relative to the wrist; None if unseen.
        right_hand: The same of the right hand.
        left_hand_world: (21, 3) float32 metres, origin at the hand's centre; None if unknown.
        right_hand_world: The same of the right hand.
        face: (478, 3) float32, MediaPipe face mesh, x px, y px, z px; None if unseen.
        blendshapes: (52,) float32 0..1 in the order of ``skeletons.ARKIT_BLENDSHAPES``; nan for a
            shape the model does not give (tongueOut); None if the face is unseen.
        head: (4, 4) float64, pose of the head in the optical frame (metres, x to the person's
            left, y up, z out of the face); None if unknown.
        expression: (8,) float32, probabilities of ``affect.emotions.EMOTIONS`` that networks read
            from the face's picture, summing to 1; contempt is 0, for no network knows it; None if
            the face has not been read within the last second.
        expression_stamp: Of the image that ``expression`` was read from, ns: the same or an
            earlier one; 0 without.
    """

    id: int
    score: float
    coco: np.ndarray
    pose: np.ndarray | None = None
    pose_world: np.ndarray | None = None
    left_hand: np.ndarray | None = None
    right_hand: np.ndarray | None = None
    left_hand_world: np.ndarray | None = None
    right_hand_world: np.ndarray | None = None
    face: np.ndarray | None = None
    blendshapes: np.ndarray | None = None
    head: np.ndarray | None = None
    expression: np.ndarray | None = None
    expression_stamp: int = 0


@dataclass(slots=True)
class People:
    """Everybody seen in one image, with that image's stamp and size (pixels).

    Attributes:
        stamp: Of the image, ns.
        width: Of the image, px.
        height: Of the image, px.
        persons: One entry each.
        model: Name of what saw them.
        frame_id: tf frame of the image.
    """

    stamp: int
    width: int
    height: int
    persons: list[Person] = field(default_factory=list)
    model: str = ""
    frame_id: str = "camera_optical_frame"


@dataclass(slots=True)
class MotionForecast:
    """One person's coming COCO-17 keypoints, in an image of width x height pixels.

    Attributes:
        keypoints: (horizon, 17, 2) float32 pixels; step i is at stamp + (i + 1) * dt.
        dt: Seconds between steps.
        spread: (horizon,) float32, expected error of a keypoint at that step, pixels (1 sigma).
        confidence: 0..1, share of the input window that was really observed.
        model: Name of what forecast them.
    """

    stamp: int
    person_id: int
    width: int
    height: int
    keypoints: np.ndarray
    dt: float
    spread: np.ndarray
    confidence: float
    model: str = ""
    frame_id: str = "camera_optical_frame"


@dataclass(slots=True)
class Affect:
    """A reading of one person's affect.

    Attributes:
        categories: (8,) float32, sums to 1, in the order of ``affect.emotions.EMOTIONS``.
        valence: -1..1; nan if the source says nothing about it.
        arousal: The same of arousal.
        dominance: The same of dominance.
        confidence: 0..1.
        source: "face", "body", "fused", or the name of a model.
        frame_id: tf frame of the image.
        spread: (3,) float32, standard deviation of valence, arousal and dominance about those
            above; nan if the source says nothing about it, None if it gives none at all.
        classes: What a network with classes of its own calls them; () without.
        probabilities: (C,) float32 of ``classes``, sums to 1; None without.
    """

    stamp: int
    person_id: int
    categories: np.ndarray
    valence: float
    arousal: float
    dominance: float
    confidence: float
    source: str = ""
    frame_id: str = "camera_optical_frame"
    spread: np.ndarray | None = None
    classes: tuple[str, ...] = ()
    probabilities: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class GestureSign:
    """A gesture of a person.

    Attributes:
        name: One of ``affect.signals.GESTURES``.
        confidence: 0..1.
        starts_in: Seconds from the image's stamp until it begins; 0 for one that is seen now.
    """

    name: str
    confidence: float
    starts_in: float = 0.0


@dataclass(slots=True)
class SocialSignals:
    """Signals of a person: gestures, posture, engagement with the camera, that is the robot.

    Attributes:
        stamp: Of the newest image the reading has seen, ns.
        person_id: Person.id.
        gestures: Seen now, the surest first.
        expected: Forecast, with ``starts_in`` above 0, the soonest first.
        posture: "standing" or "sitting"; "" if unknown.
        engagement: Level of REP-155: "unknown", "disengaged", "engaging", "engaged" or
            "disengaging".
        engagement_confidence: 0..1.
        distance: From the camera to the person, metres; nan if unknown.
        facing: Angle between where the trunk faces and the line to the camera, radians, 0..pi;
            nan if unknown.
        gaze: Share of the last second in which the person looked at the camera, 0..1; nan if
            unknown.
        approach: Speed towards the camera, m/s; nan if unknown.
        frame_id: tf frame of the image.
    """

    stamp: int
    person_id: int
    gestures: tuple[GestureSign, ...] = ()
    expected: tuple[GestureSign, ...] = ()
    posture: str = ""
    engagement: str = "unknown"
    engagement_confidence: float = 0.0
    distance: float = float("nan")
    facing: float = float("nan")
    gaze: float = float("nan")
    approach: float = float("nan")
    frame_id: str = "camera_optical_frame"


@dataclass(slots=True)
class AffectiveResponse:
    """The robot's decision to express something, and its reason.

    Attributes:
        stamp: Of the image it answers, ns.
        policy: Name of the rule that decided: one of ``mind.answers.ANSWERINGS``, "express", or a
            name of the user's.
        emotion: Index into ``affect.emotions.EMOTIONS``.
        intensity: 0..1.
        valence: The robot's own state, -1..1.
        arousal: The robot's own state, -1..1.
        dominance: The robot's own state, -1..1.
        towards: Id of the person answered, 0 for nobody.
        bearing: (2,) float32 radians, azimuth (left positive) and elevation (up positive) of that
            person's head seen from the camera, for a moment of another's who is glanced at; nan if
            unknown.
        gesture: "" or the name of a gesture in ``expression.gestures.ROBOT_GESTURES``.
        duration: Seconds the response holds.
        reason: One sentence for the log and for the person at the console.
        frame_id: tf frame of the image.
        cause: What is answered, one id for one cause, such as "7 happiness 3": person, sign, how
            many so far; "" for nothing.
        lean: Of the trunk towards the person, radians; negative leans away.
        gaze: Share of the time that the robot looks at that person, 0..1.
        tempo: Speed of gestures, 1 as authored.
        anticipated: Whether it answers what is forecast and not yet what is seen.
        factors: Names of the numbers that led to the decision.
        factor_values: Those numbers, one a name.
    """

    stamp: int
    policy: str
    emotion: int
    intensity: float
    valence: float
    arousal: float
    dominance: float
    towards: int
    bearing: np.ndarray
    gesture: str
    duration: float
    reason: str
    frame_id: str = "camera_optical_frame"
    cause: str = ""
    lean: float = 0.0
    gaze: float = 1.0
    tempo: float = 1.0
    anticipated: bool = False
    factors: tuple[str, ...] = ()
    factor_values: tuple[float, ...] = ()


@dataclass(slots=True)
class FacePose:
    """The robot's face at one moment.

    Attributes:
        stamp: Of the image this pose answers, ns (the pose's own time when it answers nobody).
        pose_stamp: When the pose is to be shown, ns.
        blendshapes: (52,) float32 0..1, order of ``skeletons.ARKIT_BLENDSHAPES``.
        gaze: (2,) float32 radians relative to the head, azimuth (left positive), elevation (up).
        head: (3,) float32 radians relative to the torso, roll, pitch, yaw (REP-103).
        frame_id: tf frame of the robot that shows it.
    """

    stamp: int
    pose_stamp: int
    blendshapes: np.ndarray
    gaze: np.ndarray
    head: np.ndarray
    frame_id: str = "base_link"


@dataclass(slots=True)
class BodyPose:
    """The robot's body as SMPL-X parameters at one moment; rotations are axis-angle, radians.

    Model axes: x to the body's left, y up, z forward (SMPL-X convention).

    Attributes:
        stamp: As in FacePose.
        pose_stamp: As in FacePose.
        transl: (3,) metres.
        global_orient: (3,).
        body_pose: (21, 3).
        left_hand: (15, 3).
        right_hand: (15, 3).
        jaw: (3,).
        betas: (10,).
        frame_id: As in FacePose.
    """

    stamp: int
    pose_stamp: int
    transl: np.ndarray
    global_orient: np.ndarray
    body_pose: np.ndarray
    left_hand: np.ndarray
    right_hand: np.ndarray
    jaw: np.ndarray
    betas: np.ndarray
    frame_id: str = "base_link"


@dataclass(frozen=True, slots=True)
class Transform:
    """The place of a frame in its parent.

    Attributes:
        parent: Name of the parent.
        child: Name of the frame.
        translation: (3,) metres.
        rotation: (3, 3), columns: the frame's axes in the parent's.
    """

    parent: str
    child: str
    translation: np.ndarray
    rotation: np.ndarray


@dataclass
class Moment:
    """One image and everything the loop made of it."""

    frame: Frame
    people: People | None = None
    forecasts: list[MotionForecast] = field(default_factory=list)
    affects: list[Affect] = field(default_factory=list)
    response: AffectiveResponse | None = None
    face: FacePose | None = None
    body: BodyPose | None = None
    signals: list[SocialSignals] = field(default_factory=list)
