"""The loop live in Rerun: image with keypoints and ghost, 3D bodies, blendshapes, affect."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from kinesics_core.affect.emotions import EMOTIONS
from kinesics_core.errors import KinesicsError
from kinesics_core.skeletons import (
    ARKIT_BLENDSHAPES,
    COCO17_EDGES,
    HAND21_EDGES,
    MEDIAPIPE33_EDGES,
)
from kinesics_core.types import (
    Affect,
    AffectiveResponse,
    BodyPose,
    FacePose,
    Frame,
    MotionForecast,
    People,
    Person,
)
from kinesics_core.view.avatar import Avatar, avatar_figure, parameters
from kinesics_core.view.overlay import (
    EMOTION_COLORS,
    FACE_CONTOURS,
    GHOST,
    LEFT,
    MIDDLE,
    RIGHT,
    head_top,
    side_color,
)

MODES = ("native", "web", "file")
BACKGROUND = (22, 26, 36)
MESH_EDGE = 0.02
"""Shortest edge of the robot's mesh outside of its face, metres."""

JPEG = [cv2.IMWRITE_JPEG_QUALITY, 80]

# What the viewer keeps for those who connect late; a long session does not fill the memory.
SERVER_MEMORY = "256MiB"
VIEWER_MEMORY = "1GiB"


class LiveView:
    """Feeds a Rerun viewer.

    mode: "native" opens a window, "web" serves a page on this machine only, "file" writes a
    recording that `rerun FILE` opens later. port: of the page in mode "web". path: of the .rrd in
    mode "file". robot: also show the robot for every second image, its picture and its mesh.

    `url` is the page's address in mode "web", else "".

    Raises KinesicsError when rerun-sdk is missing, when there is no display for a window, when
    the port is taken, or when the viewer does not start.
    """

    def __init__(
        self,
        mode: str = "native",
        *,
        port: int = 9090,
        path: str | Path | None = None,
        robot: bool = True,
    ) -> None:
        if mode not in MODES:
            raise KinesicsError(f"A live view is one of {', '.join(MODES)}, got {mode!r}.")
        if mode == "file" and path is None:
            raise KinesicsError("A live view into a file needs the path of an .rrd file.")
        if mode == "native" and not (os.getenv("DISPLAY") or os.getenv("WAYLAND_DISPLAY")):
            raise KinesicsError("There is no display to open a window on; use --web or --save.")
        try:
            import rerun
        except ImportError as error:
            raise KinesicsError(
                "The live view needs Rerun; install it with: pip install rerun-sdk"
            ) from error
        self._rr = rerun
        self.url = ""
        self._viewer: subprocess.Popen[bytes] | None = None
        self._robot = Avatar(360, 420) if robot else None
        self._figure = avatar_figure(finest=MESH_EDGE, above=None) if robot else None
        self._frames = 0
        self._shown: set[str] = set()
        self._last_answer: tuple[object, ...] = ()
        self._recording = rerun.RecordingStream("kinesics")
        if mode == "file":
            self._save(Path(str(path)))
        else:
            self._connect(mode, port)
        self._describe()

    @property
    def open(self) -> bool:
        """False once the user has closed the viewer; `show` then does nothing."""
        return self._viewer is None or self._viewer.poll() is None

    def show(
        self,
        frame: Frame,
        people: People | None,
        forecasts: Sequence[MotionForecast],
        affects: Sequence[Affect],
        response: AffectiveResponse | None,
        face: FacePose | None,
        body: BodyPose | None,
    ) -> None:
        """Log what belongs to one image, at the image's stamp."""
        if not self.open:
            return
        self._recording.set_time("camera", timestamp=np.datetime64(int(frame.stamp), "ns"))
        self._log("camera/image", self._picture(frame.image))
        shown: set[str] = set()
        scale = (1.0, 1.0)
        if people is not None:
            high, wide = frame.image.shape[:2]
            scale = (wide / max(people.width, 1), high / max(people.height, 1))
            for person in people.persons:
                shown |= self._show_person(person, np.array(scale))
            self._show_blendshapes("person", people.persons[0].blendshapes
                                   if people.persons else None)
        for forecast in forecasts:
            shown |= self._show_forecast(forecast, frame)
        for path in self._shown - shown:
            self._log(path, self._rr.Clear(recursive=True))
        self._shown = shown
        for affect in affects[:1]:
            self._show_affect(affect)
        self._show_answer(response, face, body)
        self._frames += 1

    def close(self) -> None:
        """Flush what was logged, and end the viewer this object started (a window stays open)."""
        with contextlib.suppress(Exception):
            # A viewer that is gone already cannot take the rest; that is no fault of the loop.
            self._recording.flush(timeout_sec=5.0)
        self._recording.disconnect()
        if self._viewer is not None and self.url:
            self._end_viewer()
        self._viewer = None

    def __enter__(self) -> LiveView:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- where it goes --------------------------------------------------------------------------

    def _save(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        except OSError as error:
            raise KinesicsError(f"{path} cannot be written: {error.strerror}.") from error
        self._recording.save(path, default_blueprint=self._blueprint())

    def _connect(self, mode: str, port: int) -> None:
        """Start a viewer of our own: Rerun's servers in this process would listen to the network,
        and the camera's pictures are nobody else's business."""
        inlet = _free_port()
        command = [sys.executable, "-m", "rerun", "--bind", "127.0.0.1", "--port", str(inlet),
                   "--hide-welcome-screen", "--memory-limit", VIEWER_MEMORY,
                   "--server-memory-limit", SERVER_MEMORY]
        address = f"rerun+http://127.0.0.1:{inlet}/proxy"
        if mode == "web":
            if not 0 <= port <= 65535:
                raise KinesicsError(f"A port is a number from 1 to 65535, got {port}.")
            page = port or _free_port()
            if not _is_free(page):
                raise KinesicsError(f"Port {page} is taken; choose another with --port.")
            command += ["--serve-web", "--web-viewer-port", str(page)]
            self.url = f"http://127.0.0.1:{page}/?url={urllib.parse.quote(address, safe='')}"
        else:
            command += ["--expect-data-soon"]
        self._viewer = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            # Rerun sends usage statistics except in continuous integration; the loop is private.
            env={**os.environ, "CI": "1"},
        )
        deadline = time.monotonic() + 20.0
        while _is_free(inlet):
            if self._viewer.poll() is not None or time.monotonic() > deadline:
                self._end_viewer()
                raise KinesicsError(
                    f"Rerun's viewer did not start; see what `{' '.join(command[1:4])}` says."
                )
            time.sleep(0.05)
        self._recording.connect_grpc(address, default_blueprint=self._blueprint())

    def _end_viewer(self) -> None:
        """`python -m rerun` runs the viewer as a child of its own: end the whole group."""
        assert self._viewer is not None
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._viewer.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._viewer.wait(timeout=3.0)

    def _blueprint(self) -> Any:
        import rerun.blueprint as rrb

        return rrb.Blueprint(
            rrb.Horizontal(
                rrb.Vertical(
                    rrb.Spatial2DView(origin="camera", name="camera, keypoints, forecast"),
                    rrb.TimeSeriesView(
                        origin="affect", name="affect",
                        axis_y=rrb.ScalarAxis(range=(-1.0, 1.0), zoom_lock=True),
                        time_ranges=rrb.VisibleTimeRange(
                            "camera",
                            start=rrb.TimeRangeBoundary.cursor_relative(seconds=-15.0),
                            end=rrb.TimeRangeBoundary.cursor_relative(),
                        ),
                    ),
                    row_shares=[2, 1],
                ),
                rrb.Vertical(
                    rrb.Spatial2DView(origin="robot/picture", name="robot"),
                    rrb.BarChartView(origin="blendshapes/robot", name="robot, 52 blendshapes"),
                    rrb.TextLogView(origin="response", name="answers"),
                    row_shares=[3, 1, 1],
                ),
                rrb.Vertical(
                    rrb.Spatial3DView(
                        origin="body", name="person, 3D", background=BACKGROUND,
                        eye_controls=rrb.EyeControls3D(
                            position=(0.5, -0.3, -2.4), look_target=(0.0, 0.0, 0.0)
                        ),
                    ),
                    rrb.Spatial3DView(
                        origin="robot/body", name="robot, 3D", background=BACKGROUND,
                        eye_controls=rrb.EyeControls3D(
                            position=(0.5, 0.3, 2.4), look_target=(0.0, -0.1, 0.0)
                        ),
                    ),
                    rrb.BarChartView(origin="blendshapes/person", name="person, 52 blendshapes"),
                    row_shares=[2, 2, 1],
                ),
                column_shares=[5, 3, 3],
            ),
            rrb.BlueprintPanel(state="collapsed"),
            rrb.SelectionPanel(state="collapsed"),
            rrb.TimePanel(state="collapsed", timeline="camera"),
        )

    def _describe(self) -> None:
        """What does not change: axes and the look of the curves."""
        rr = self._rr
        self._recording.log("body", rr.ViewCoordinates.RDF, static=True)
        # SMPL-X: x to the body's left, y up, z forward.
        self._recording.log("robot/body", rr.ViewCoordinates.LUF, static=True)
        for name, color in (("valence", (255, 196, 92)), ("arousal", (122, 196, 255)),
                            ("dominance", (150, 220, 140))):
            self._recording.log(
                f"affect/{name}", rr.SeriesLines(names=name, colors=color, widths=2.0), static=True
            )

        if self._figure is not None:
            # Only its vertices move.
            height, width = self._figure.texture.shape[:2]
            self._recording.log("robot/body/mesh", rr.Mesh3D.from_fields(
                triangle_indices=self._figure.faces, vertex_texcoords=self._figure.uv,
                albedo_texture_buffer=self._figure.texture[..., :3].tobytes(),
                albedo_texture_format=rr.components.ImageFormat(
                    width=width, height=height, color_model=rr.ColorModel.RGB,
                    channel_datatype=rr.ChannelDatatype.U8),
            ), static=True)

    # -- what is shown --------------------------------------------------------------------------

    def _log(self, path: str, what: Any) -> None:
        self._recording.log(path, what)

    def _picture(self, image: np.ndarray) -> Any:
        _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), JPEG)
        return self._rr.EncodedImage(contents=data.tobytes(), media_type="image/jpeg")

    def _show_person(self, person: Person, scale: np.ndarray) -> set[str]:
        """Log one person; the entities that were written."""
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
        self._log(f"{flat}/face", rr.LineStrips2D(contours, colors=(206, 236, 240), radii=0.6))
        top = head_top(person, scale)
        label = rr.Points2D([], labels=[]) if top is None else rr.Points2D(
            [top], labels=[f"person {person.id}"], colors=LEFT, radii=1.0
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

    def _show_affect(self, affect: Affect) -> None:
        for name in ("valence", "arousal", "dominance"):
            value = float(getattr(affect, name))
            if np.isfinite(value):
                self._log(f"affect/{name}", self._rr.Scalars(value))

    def _is_new(self, response: AffectiveResponse) -> bool:
        """The reason has a percentage that changes with every image; the decision seldom does."""
        answer = response.policy, response.emotion, response.gesture, response.towards
        is_new = answer != self._last_answer
        self._last_answer = answer
        return is_new

    def _show_answer(
        self, response: AffectiveResponse | None, face: FacePose | None, body: BodyPose | None
    ) -> None:
        rr = self._rr
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
        if self._figure is not None and self._frames % 2 == 0 and body is not None:
            vertices, normals, _ = self._figure.pose(**parameters(face, body))
            self._log("robot/body/mesh", rr.Mesh3D.from_fields(
                vertex_positions=vertices, vertex_normals=normals))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) != 0
