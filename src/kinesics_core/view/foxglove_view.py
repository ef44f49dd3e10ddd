"""The loop live in Foxglove: image, scene in space, frames and affect over a WebSocket.

It shows the shapes that rviz shows (``scene.py``), on topics of Foxglove's own message types. The
server listens on this machine alone unless it is told another address: a camera's pictures are
nobody else's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from kinesics_core import extras
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.errors import KinesicsError
from kinesics_core.perception.calibration import of_field_of_view
from kinesics_core.rotations import quaternions
from kinesics_core.types import NANOSECONDS, Affect, Frame, Moment, Transform
from kinesics_core.view.frames import FramesConfig, camera_frame, person_frames
from kinesics_core.view.markers import MarkerConfig
from kinesics_core.view.scene import LIFETIME, Scene, Shape

LOOPBACK = "127.0.0.1"
JPEG = [cv2.IMWRITE_JPEG_QUALITY, 80]

_BACKLOG = 64
"""Messages kept for a slow client: two seconds of images are worth nothing to anybody."""


class FoxgloveView:
    """WebSocket server that Foxglove connects to.

    Args:
        port: TCP port, 0 for any free one.
        host: Address to listen on.
        markers: How the scene is drawn.
        frames: Where the camera stands.

    Attributes:
        url: Address for "Open connection" in Foxglove.
        fault: None; a server writes nothing that could end.

    Raises:
        KinesicsError: foxglove-sdk is missing, or the port is taken.
    """

    def __init__(
        self, port: int = 8765, host: str = LOOPBACK, markers: MarkerConfig | None = None,
        frames: FramesConfig | None = None,
    ) -> None:
        extras.require("foxglove", "The view in Foxglove")
        import foxglove
        from foxglove import channels

        self._foxglove = foxglove
        self._context = context = foxglove.Context()
        self._image = channels.CompressedImageChannel("/image_raw", context=context)
        self._calibration = channels.CameraCalibrationChannel("/camera_info", context=context)
        self._scene_channel = channels.SceneUpdateChannel("/markers", context=context)
        self._transforms = channels.FrameTransformsChannel("/tf", context=context)
        self._joints = channels.JointStatesChannel("/joint_states", context=context)
        self._affect = foxglove.Channel("/affect", message_encoding="json", context=context)
        self._response = foxglove.Channel("/response", message_encoding="json", context=context)
        self._frames = frames or FramesConfig()
        self._markers = markers or MarkerConfig()
        self._scene = Scene(self._markers)
        self.fault: str | None = None
        try:
            self._server = foxglove.start_server(
                name="kinesics", host=host, port=port, context=context,
                message_backlog_size=_BACKLOG)
        except Exception as error:  # the SDK's kinds are its own
            raise KinesicsError(
                f"Foxglove's server could not listen on {host}:{port} ({error}); choose another"
                " --port.") from error
        self.url = f"ws://{host}:{self._server.port}"

    @property
    def open(self) -> bool:
        """True: clients come and go."""
        return True

    def move(self, positions: Mapping[str, float]) -> None:
        """Publish where the robot's joints are, by name, radians or metres."""
        messages = self._foxglove.messages
        self._joints.log(messages.JointStates(joints=[
            messages.JointState(name=name, position=position)
            for name, position in positions.items()]))

    def show(self, moment: Moment) -> None:
        """Publish what belongs to one image, at the image's stamp."""
        stamp, people = moment.frame.stamp, moment.people
        if self._image.has_sinks():
            self._show_image(moment.frame)
        self._scene.add_forecasts(moment.forecasts)
        self._scene.add_affects(moment.affects)
        frames = [camera_frame(self._frames, moment.frame.frame_id)]
        shapes: list[Shape] = []
        if people is not None and self._scene.see(people):
            shapes += self._scene.people(people)
            frames += person_frames(people, self._markers)
        if moment.body is not None:
            shapes += self._scene.robot(moment.body)
        if shapes:
            self._scene_channel.log(
                self._update(shapes, stamp, moment.frame.frame_id), log_time=stamp)
        self._transforms.log(self._frame_messages(frames, stamp), log_time=stamp)
        for affect in moment.affects:
            self._affect.log(_affect(affect), log_time=stamp)
        if (response := moment.response) is not None:
            self._response.log({
                "policy": response.policy, "emotion": EMOTIONS[response.emotion],
                "intensity": float(response.intensity), "towards": int(response.towards),
                "gesture": response.gesture, "reason": response.reason,
            }, log_time=stamp)

    def close(self) -> None:
        """End the server."""
        self._server.stop()

    def __enter__(self) -> FoxgloveView:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _time(self, stamp: int) -> Any:
        return self._foxglove.messages.Timestamp(
            sec=stamp // NANOSECONDS, nsec=stamp % NANOSECONDS)

    def _show_image(self, frame: Frame) -> None:
        messages, stamp = self._foxglove.messages, frame.stamp
        height, width = frame.image.shape[:2]
        _, data = cv2.imencode(".jpg", cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR), JPEG)
        self._image.log(messages.CompressedImage(
            timestamp=self._time(stamp), frame_id=frame.frame_id, data=data.tobytes(),
            format="jpeg"), log_time=stamp)
        lens = of_field_of_view(width, height, self._markers.horizontal_fov)
        self._calibration.log(messages.CameraCalibration(
            timestamp=self._time(stamp), frame_id=frame.frame_id, width=width, height=height,
            distortion_model=lens.model, D=lens.distortion.tolist(), K=lens.camera.ravel().tolist(),
            R=lens.rectification.ravel().tolist(), P=lens.projection.ravel().tolist(),
        ), log_time=stamp)

    def _frame_messages(self, frames: list[Transform], stamp: int) -> Any:
        messages = self._foxglove.messages
        found = []
        for frame in frames:
            x, y, z, w = map(float, quaternions(frame.rotation))
            found.append(messages.FrameTransform(
                timestamp=self._time(stamp), parent_frame_id=frame.parent,
                child_frame_id=frame.child, translation=_vector(messages, frame.translation),
                rotation=messages.Quaternion(x=x, y=y, z=z, w=w)))
        return messages.FrameTransforms(transforms=found)

    def _update(self, shapes: list[Shape], stamp: int, frame_id: str) -> Any:
        messages, time = self._foxglove.messages, self._time(stamp)
        lifetime = messages.Duration(sec=LIFETIME, nsec=0)
        gone = [messages.SceneEntityDeletion(timestamp=time, id=_name(shape))
                for shape in shapes if shape.kind == "gone"]
        entities = [
            messages.SceneEntity(
                timestamp=time, frame_id=frame_id, id=_name(shape), lifetime=lifetime,
                **_primitives(messages, shape))
            for shape in shapes if shape.kind != "gone"
        ]
        return messages.SceneUpdate(deletions=gone, entities=entities)


def _name(shape: Shape) -> str:
    return f"{shape.namespace}/{shape.number}"


def _vector(messages: Any, values: Any) -> Any:
    x, y, z = map(float, values)
    return messages.Vector3(x=x, y=y, z=z)


def _primitives(messages: Any, shape: Shape) -> dict[str, list[Any]]:
    """Return what a shape is made of, by the field of SceneEntity that takes it."""
    red, green, blue, opacity = shape.color
    color = messages.Color(r=red, g=green, b=blue, a=opacity)
    if shape.kind == "lines":
        points = [messages.Point3(x=x, y=y, z=z) for x, y, z in shape.points.tolist()]
        return {"lines": [messages.LinePrimitive(
            type=messages.LinePrimitiveLineType.LineList, thickness=shape.size[0], points=points,
            color=color, pose=_pose(messages, np.zeros(3)))]}
    if shape.kind == "text":
        return {"texts": [messages.TextPrimitive(
            pose=_pose(messages, shape.points[0]), billboard=True, font_size=shape.size[2],
            color=color, text=shape.text)]}
    size = _vector(messages, shape.size)
    return {"spheres": [messages.SpherePrimitive(
        pose=_pose(messages, place), size=size, color=color) for place in shape.points]}


def _pose(messages: Any, place: Any) -> Any:
    return messages.Pose(position=_vector(messages, place),
                         orientation=messages.Quaternion(x=0.0, y=0.0, z=0.0, w=1.0))


def _affect(affect: Affect) -> dict[str, Any]:
    """Return a reading for a plot; what is unknown is null."""
    values = {name: float(getattr(affect, name))
              for name in ("valence", "arousal", "dominance", "confidence")}
    return {
        "person": int(affect.person_id), "source": affect.source,
        **{name: value if np.isfinite(value) else None for name, value in values.items()},
        **{name: float(p) for name, p in zip(EMOTIONS, affect.categories, strict=True)},
    }
