"""Results of MediaPipe's holistic landmarker as arrays, read from the C structures it fills in.

MediaPipe's own Python makes an object of each of some 620 landmarks, which takes longer than the
networks of the hands do, and holds up every other thread of the process. It also hands each call
to a thread of its own and back, and each time both wait for their turn among the other threads.
So its library is called here in the thread that asks. None of this is part of its public
interface: where a version has other structures, its own objects are read.
"""

from __future__ import annotations

import ctypes
import threading
from typing import Any

import numpy as np

from kinesics_core.perception.mediapipe_tasks import landmark_rows
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

LISTS = ("face_landmarks", "pose_landmarks", "pose_world_landmarks", "left_hand_landmarks",
         "right_hand_landmarks", "left_hand_world_landmarks", "right_hand_world_landmarks")
"""Names of the lists of landmarks in a result."""

_RESULTS = ("HolisticLandmarkerResultC", "MpHolisticLandmarkerResultC")
"""Name of the structure of a result, in MediaPipe 0.10 and from 1.0 on."""

_FLOATS = ("x", "y", "z", "visibility", "presence")


class HolisticReader:
    """Caller of one holistic landmarker in video mode, of whose results it makes arrays.

    Attributes:
        direct: Whether the C structures are read.
    """

    def __init__(self, task: Any) -> None:
        """Call a ``vision.HolisticLandmarker``, from now on by this object alone."""
        self._task = task
        self._lock = threading.Lock()  # the library takes one call at a time
        self._shapes: dict[int, int] = {}  # category -> its place in ARKIT_BLENDSHAPES, or -1
        try:
            from mediapipe.tasks.python.core.mediapipe_c_utils import handle_status
            from mediapipe.tasks.python.vision import holistic_landmarker

            self._check = handle_status
            self._kind = next(kind for name in _RESULTS
                              if (kind := getattr(holistic_landmarker, name, None)) is not None)
            fields = dict(self._kind._fields_)
            columns = [_Columns(fields[name]) for name in LISTS]
            self._columns = dict(zip(LISTS, columns, strict=True))
            self._category = dict(fields["face_blendshapes"]._fields_)["categories"]._type_
            self._library = task._lib._lib  # without the thread of its own
            self.direct = task._handle is not None and all(map(_takes, (
                self._library.MpHolisticLandmarkerDetectForVideo,
                self._library.MpHolisticLandmarkerCloseResult, self._library.MpErrorFree,
            ), (6, 1, 1)))
        except (ImportError, AttributeError, KeyError, StopIteration, TypeError, ValueError):
            self.direct = False

    def detect(self, image: Any, milliseconds: int) -> dict[str, np.ndarray]:
        """Return what is found in an image.

        Args:
            image: A MediaPipe image.
            milliseconds: Rise strictly.

        Returns:
            Name of each list of landmarks that is not empty -> (n, 5) float32: x, y, z, visibility,
            presence; and ``blendshapes`` (52,) float32, nan where the model is silent.
        """
        if self.direct:
            return self._detect(image, milliseconds)
        result = self._task.detect_for_video(image, milliseconds)
        found = {name: landmark_rows(landmarks) for name in LISTS
                 if (landmarks := getattr(result, name))}
        if result.face_blendshapes:
            found["blendshapes"] = self._placed(
                [category.index for category in result.face_blendshapes],
                [category.score for category in result.face_blendshapes],
                [category.category_name for category in result.face_blendshapes])
        return found

    def _detect(self, image: Any, milliseconds: int) -> dict[str, np.ndarray]:
        library, result, error = self._library, self._kind(), ctypes.c_char_p()
        with self._lock:
            if self._task._handle is None:
                raise RuntimeError("it is closed")
            status = library.MpHolisticLandmarkerDetectForVideo(
                self._task._handle, image._image_ptr, None, milliseconds, ctypes.byref(result),
                ctypes.byref(error))
            try:
                self._check(status, error)
            finally:
                if error.value is not None:
                    library.MpErrorFree(error)
            try:
                return self._arrays(result)
            finally:
                library.MpHolisticLandmarkerCloseResult(ctypes.byref(result))

    def _arrays(self, result: Any) -> dict[str, np.ndarray]:
        found = {}
        for name, columns in self._columns.items():
            landmarks = getattr(result, name)
            if landmarks.landmarks_count:
                found[name] = columns.read(landmarks)
        if result.face_blendshapes.categories_count:
            found["blendshapes"] = self._blendshapes(result.face_blendshapes)
        return found

    def close(self) -> None:
        """Close the landmarker, once a call that runs has ended."""
        with self._lock:
            self._task.close()

    def _blendshapes(self, found: Any) -> np.ndarray:
        count, kind = found.categories_count, self._category
        data = ctypes.string_at(found.categories, count * ctypes.sizeof(kind))
        words = np.frombuffer(data, np.float32).reshape(count, -1)
        scores = words[:, kind.score.offset // 4]
        indices = words.view(np.int32)[:, kind.index.offset // 4].tolist()
        names = [] if all(index in self._shapes for index in indices) else [
            found.categories[place].category_name.decode() for place in range(count)]
        return self._placed(indices, scores, names)

    def _placed(self, indices: list[int], scores: Any, names: list[str]) -> np.ndarray:
        """Return scores in the order of ``ARKIT_BLENDSHAPES``; "_neutral" has no place there."""
        self._shapes |= {index: BLENDSHAPE_INDEX.get(name, -1)
                         for index, name in zip(indices, names, strict=False)}
        values = np.full(len(ARKIT_BLENDSHAPES) + 1, np.nan, np.float32)
        values[[self._shapes[index] for index in indices]] = scores
        return values[:-1]


def _takes(function: Any, count: int) -> bool:
    """Return whether MediaPipe has declared a function of its library with so many arguments."""
    return len(function.argtypes or ()) == count


class _Columns:
    """Reader of a list of landmarks in memory."""

    def __init__(self, kind: Any) -> None:
        landmark = dict(kind._fields_)["landmarks"]._type_
        self._size = ctypes.sizeof(landmark)
        offsets = [getattr(landmark, name).offset for name in _FLOATS]
        if self._size % 4 or any(offset % 4 for offset in offsets):
            raise ValueError("landmarks are laid out in another way")
        self._places = [offset // 4 for offset in offsets]
        self._told = [landmark.has_visibility.offset, landmark.has_presence.offset]

    def read(self, landmarks: Any) -> np.ndarray:
        """Return (n, 5) float32: x, y, z, visibility, presence; nan where these are not told."""
        count = landmarks.landmarks_count
        data = ctypes.string_at(landmarks.landmarks, count * self._size)
        rows = np.frombuffer(data, np.float32).reshape(count, -1).take(self._places, axis=1)
        told = np.frombuffer(data, np.uint8).reshape(count, -1).take(self._told, axis=1)
        rows[:, 3:][told == 0] = np.nan
        return rows
