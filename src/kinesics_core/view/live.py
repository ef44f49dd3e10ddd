"""The loop live in Rerun: image with keypoints and ghost, 3D bodies, blendshapes, affect."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kinesics_core import extras
from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.errors import KinesicsError, RecordingError
from kinesics_core.files import WriteError, require_writable
from kinesics_core.robot.urdf import Urdf
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    COCO17_EDGES,
    HAND21_EDGES,
    MEDIAPIPE33_EDGES,
)
from kinesics_core.types import Affect, AffectiveResponse, Frame, Moment, MotionForecast, Person
from kinesics_core.view.affect_plot import AROUSAL, VALENCE
from kinesics_core.view.avatar import Avatar, avatar_character, pose_parameters
from kinesics_core.view.blendshape_bars import bars
from kinesics_core.view.overlay import (
    CONTOUR,
    EMOTION_COLORS,
    FACE_CONTOURS,
    GHOST,
    LEFT,
    MIDDLE,
    RIGHT,
    head_top,
    side_color,
)
from kinesics_core.view.rerun_layout import layout
from kinesics_core.view.rerun_robot import RerunRobot
from kinesics_core.view.rerun_viewer import RerunViewer

CHECKED_EVERY = 30
"""Images after which a recording's disk is looked at."""

ENDING = b"RRF2FOOT"
"""Mark in the last bytes of a whole .rrd."""

MODES = ("native", "web", "file")

LABEL_RISE = 16.0
"""Distance of a name from the head beneath, px of the image, as Rerun writes around a point."""

MESH_EDGE = 0.02
"""Shortest edge of the robot's mesh outside of its face, metres."""

DOMINANCE = (150, 220, 140)
JPEG = [cv2.IMWRITE_JPEG_QUALITY, 80]


class LiveView:
    """Feed of a Rerun viewer.

    Args:
        mode: "native" opens a window, "web" serves a page on this machine only, "file" writes a
            recording that ``rerun FILE`` opens later.
        port: Of the page in mode "web".
        path: Of the .rrd in mode "file".
        robot: Also show the robot for every second image, its picture and its mesh.
        urdf: Description of a robot whose model is shown too, as its joints move; None for none.

    Attributes:
        url: The page's address in mode "web", else "".
        fault: Sentence that says why the recording of mode "file" ended early; None as long as all
            is written.

    Raises:
        KinesicsError: rerun-sdk is missing, there is no display for a window, the port is taken,
            or the viewer does not start.
    """

    def __init__(
        self,
        mode: str = "native",
        *,
        port: int = 9090,
        path: str | Path | None = None,
        robot: bool = True,
        urdf: Urdf | None = None,
    ) -> None:
        if mode not in MODES:
            raise KinesicsError(f"A live view is one of {', '.join(MODES)}, got {mode!r}.")
        if mode == "file" and path is None:
            raise KinesicsError("A live view into a file needs the path of an .rrd file.")
        if mode == "native" and not (os.getenv("DISPLAY") or os.getenv("WAYLAND_DISPLAY")):
            raise KinesicsError("There is no display to open a window on; use --web or --save.")
        extras.require("view", "The live view")
        import rerun

        self._rr = rerun
        self._viewer: RerunViewer | None = None
        self._robot = Avatar(360, 420) if robot else None
        self._character = (
            avatar_character(shortest_edge=MESH_EDGE, lowest=None) if robot else None)
        self._frames = 0
        self._shown: set[str] = set()
        self._last_answer: tuple[object, ...] = ()
        self._recording = rerun.RecordingStream("kinesics")
        self.fault: str | None = None
        self._path = Path(str(path)) if mode == "file" else None
        if self._path is not None:
            self._save(self._path, urdf is not None)
        else:
            self._viewer = RerunViewer(port if mode == "web" else None)
            self._recording.connect_grpc(
                self._viewer.address, default_blueprint=layout(urdf is not None))
        self.url = self._viewer.url if self._viewer is not None else ""
        self._describe()
        self._urdf = RerunRobot(self._recording, urdf) if urdf is not None else None
        self._joints: Mapping[str, float] = {}

    @property
    def open(self) -> bool:
        """False once the user has closed the viewer or the disk is full; then nothing is shown."""
        return self.fault is None and (self._viewer is None or self._viewer.running)

    def move(self, positions: Mapping[str, float]) -> None:
        """Take where the robot's joints are, by name; the next image shows them."""
        self._joints = positions

    def show(self, moment: Moment) -> None:
        """Log what belongs to one image, at the image's stamp."""
        if not self.open:
            return
        frame, people = moment.frame, moment.people
        self._recording.set_time("camera", timestamp=np.datetime64(int(frame.stamp), "ns"))
        self._log("camera/image", self._picture(frame.image))
        shown: set[str] = set()
        if people is not None:
            high, wide = frame.image.shape[:2]
            scale = np.array((wide / max(people.width, 1), high / max(people.height, 1)))
            for person in people.persons:
                shown |= self._show_person(person, scale)
            self._show_blendshapes("person", people.persons[0].blendshapes
                                   if people.persons else None)
        for forecast in moment.forecasts:
            shown |= self._show_forecast(forecast, frame)
        for path in self._shown - shown:
            self._log(path, self._rr.Clear(recursive=True))
        self._shown = shown
        for affect in moment.affects[:1]:
            self._show_affect(affect)
        self._show_answer(moment)
        if self._urdf is not None:
            self._urdf.show(self._joints)
        self._frames += 1
        if self._frames % CHECKED_EVERY == 0:
            self._check_disk()

    def close(self) -> None:
        """Flush what was logged, and end the viewer this object started (a window stays open)."""
        with contextlib.suppress(Exception):
            # A viewer that is gone already cannot take the rest; that is no fault of the loop.
            self._recording.flush(timeout_sec=5.0)
        self._recording.disconnect()
        self._check_whole()
        if self._viewer is not None and self.url:
            self._viewer.end()
        self._viewer = None

    def __enter__(self) -> LiveView:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _save(self, path: Path, model: bool) -> None:
        require_writable(path)
        try:
            path.open("ab").close()
            self._recording.save(path, default_blueprint=layout(model))
        except OSError as error:
            raise WriteError(path, error) from error
        except RuntimeError as error:  # Rerun's own kind
            raise RecordingError(f"{path} could not be written: {error}.") from error

    def _check_disk(self) -> None:
        """Find a disk without room: Rerun's writer only logs that, and goes on without writing."""
        if self._path is not None:
            try:
                require_writable(self._path)
            except WriteError as error:
                self.fault = self._ended(error.reason)

    def _check_whole(self) -> None:
        """Find a recording that does not end as Rerun ends one."""
        if self._path is None or self.fault is not None:
            return
        self._check_disk()
        if self.fault is None and self._path.is_file():
            with self._path.open("rb") as stream:
                stream.seek(-min(len(ENDING) + 64, os.fstat(stream.fileno()).st_size), os.SEEK_END)
                if ENDING not in stream.read():
                    self.fault = self._ended("it does not end as it should")

    def _ended(self, reason: str) -> str:
        return (f"{self._path} could not be written whole, {self._frames} images were shown:"
                f" {reason}. Make room and record again; Rerun shows what was written.")

    def _describe(self) -> None:
        """Log what does not change: axes, the look of the curves, the robot's mesh."""
        rr = self._rr
        self._recording.log("body", rr.ViewCoordinates.RDF, static=True)
        # SMPL-X: x to the body's left, y up, z forward.
        self._recording.log("robot/body", rr.ViewCoordinates.LUF, static=True)
        for name, color in (("valence", VALENCE), ("arousal", AROUSAL), ("dominance", DOMINANCE)):
            self._recording.log(
                f"affect/{name}", rr.SeriesLines(names=name, colors=color, widths=2.0), static=True
            )

        if self._character is not None:
            # Only its vertices move.
            texture = self._character.texture
            height, width = texture.image.shape[:2]
            self._recording.log("robot/body/mesh", rr.Mesh3D.from_fields(
                triangle_indices=self._character.faces, vertex_texcoords=texture.uv,
                albedo_texture_buffer=texture.image[..., :3].tobytes(),
                albedo_texture_format=rr.components.ImageFormat(
                    width=width, height=height, color_model=rr.ColorModel.RGB,
                    channel_datatype=rr.ChannelDatatype.U8),
            ), static=True)

    def _log(self, path: str, what: Any) -> None:
        self._recording.log(path, what)

    def _picture(self, image: np.ndarray) -> Any:
        _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), JPEG)
        return self._rr.EncodedImage(contents=data.tobytes(), media_type="image/jpeg")

    def _show_person(self, person: Person, scale: np.ndarray) -> set[str]:
        """Log one person; return the entities that were written."""
        rr = self._rr
        flat, solid = f"camera/person_{person.id}", f"body/person_{person.id}"
        points = np.asarray(person.coco[:, :2], float) * scale
        # The face mesh says more than the five keypoints of the head.
        edges = COCO17_EDGES if person.face is None else COCO17_EDGES[4:]
        colors = [side_color(a, b) for a, b in edges]
        self._log(f"{flat}/skeleton", self._bones_2d(points, edges, colors, 2.0))
        for name, hand, color in (("left_hand", person.left_hand, LEFT),
                                  ("right_hand", person.right_hand, RIGHT)):
            chain = np.full((21, 2), np.nan) if hand is None else np.asarray(hand[:, :2]) * scale
            colors = [color] * len(HAND21_EDGES)
            self._log(f"{flat}/{name}", self._bones_2d(chain, HAND21_EDGES, colors, 1.2))
        contours = []
        if person.face is not None:
            mesh = np.asarray(person.face[:, :2], float) * scale
            contours = [mesh[list(c)] for c in FACE_CONTOURS if np.isfinite(mesh[list(c)]).all()]
        self._log(f"{flat}/face", rr.LineStrips2D(contours, colors=CONTOUR, radii=0.6))
        top = head_top(person, scale)
        label = rr.Points2D([], labels=[]) if top is None else rr.Points2D(
            [np.maximum(top - (0.0, LABEL_RISE), 0.0)], labels=[f"person {person.id}"],
            colors=LEFT, radii=1.0
        )
        self._log(f"{flat}/id", label)
        if person.pose_world is None:
            return {flat}
        world = np.asarray(person.pose_world, float)
        bones = [world[[a, b]] for a, b in MEDIAPIPE33_EDGES if np.isfinite(world[[a, b]]).all()]
        self._log(solid, rr.LineStrips3D(bones, colors=MIDDLE, radii=0.012))
        self._log(f"{solid}/joints", rr.Points3D(world[np.isfinite(world).all(1)], radii=0.018,
                                                 colors=LEFT))
        return {flat, solid}

    def _bones_2d(
        self, points: np.ndarray, edges: Sequence[tuple[int, int]],
        colors: Sequence[Sequence[int]], radius: float,
    ) -> Any:
        known = [(points[[a, b]], color) for (a, b), color in zip(edges, colors, strict=True)
                 if np.isfinite(points[[a, b]]).all()]
        return self._rr.LineStrips2D(
            [bone for bone, _ in known], colors=[color for _, color in known] or None,
            radii=radius,
        )

    def _show_forecast(self, forecast: MotionForecast, frame: Frame) -> set[str]:
        if len(forecast.keypoints) == 0:
            return set()
        high, wide = frame.image.shape[:2]
        scale = np.array([wide / max(forecast.width, 1), high / max(forecast.height, 1)])
        points = np.asarray(forecast.keypoints[-1], float) * scale
        path = f"camera/forecast_{forecast.person_id}"
        body = COCO17_EDGES[4:]
        self._log(path, self._bones_2d(points, body, [(*GHOST, 120)] * len(body), 3.0))
        return {path}

    def _show_blendshapes(self, whose: str, weights: np.ndarray | None) -> None:
        values = np.zeros(len(ARKIT_BLENDSHAPES)) if weights is None else np.nan_to_num(weights)
        self._log(f"blendshapes/{whose}", self._rr.BarChart(values))
        if self._frames % 2 == 0:
            # Rerun's bar chart knows no names.
            self._log(f"blendshapes/{whose}/picture", self._picture(bars(weights)))

    def _show_affect(self, affect: Affect) -> None:
        for name in ("valence", "arousal", "dominance"):
            value = float(getattr(affect, name))
            if np.isfinite(value):
                self._log(f"affect/{name}", self._rr.Scalars(value))

    def _is_new(self, response: AffectiveResponse) -> bool:
        """Return whether the decision is another one than before.

        Its reason has a percentage that changes with every image; the decision seldom does.
        """
        answer = response.policy, response.emotion, response.gesture, response.towards
        is_new = answer != self._last_answer
        self._last_answer = answer
        return is_new

    def _show_answer(self, moment: Moment) -> None:
        rr, response, face, body = self._rr, moment.response, moment.face, moment.body
        if response is not None and self._is_new(response):
            emotion = EMOTIONS[response.emotion]
            self._log("response", rr.TextLog(
                f"{response.policy}: {response.reason}", level=rr.TextLogLevel.INFO,
                color=EMOTION_COLORS[emotion],
            ))
        if face is not None:
            self._show_blendshapes("robot", face.blendshapes)
        if self._robot is not None and self._frames % 2 == 0 and (face or body):
            self._log("robot/picture", self._picture(self._robot.render(face, body)))
        if self._character is not None and self._frames % 2 == 0 and body is not None:
            vertices, normals, _ = self._character.pose(**pose_parameters(face, body))
            self._log("robot/body/mesh", rr.Mesh3D.from_fields(
                vertex_positions=vertices, vertex_normals=normals))
