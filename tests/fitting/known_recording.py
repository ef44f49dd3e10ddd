"""A recording of people whose every parameter is known, with perception and the optimiser replaced
by that knowledge: for tests of everything that comes before, between and after them.

As a program it makes one run and kills itself: ``known_recording.py FOLDER OUT REPLACEMENTS``.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np

from kinesics_core.body import model
from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.fitting.errors import FitError
from kinesics_core.fitting.evaluation import motions, truth
from kinesics_core.fitting.evaluation.truth import Recipe
from kinesics_core.fitting.fit import Fit
from kinesics_core.fitting.output import recording
from kinesics_core.fitting.output.request import FitRequest
from kinesics_core.fitting.progress import Progress
from kinesics_core.fitting.tracks.track import Track

FRAMES, WIDTH, HEIGHT, RATE = 12, 192, 144, 15.0
PERSON = 115.0  # px
CHUNKS = 4


@dataclass
class Known:
    """tracks and fits: of persons 1, 2, ... video: of a plain ground whose grey is the frame's
    number times 8. calls: what was asked of perception ("read") and of the optimiser.
    notes: what perception says about the recording."""

    tracks: list[Track]
    fits: dict[int, Fit]
    video: Path
    calls: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def read(self, source, options, hooks):
        self.calls.append("read")
        hooks.tell(Progress("keypoints", 1, FRAMES, rate=30.0))
        if hooks.stop:
            raise FitError("Cancelled while keypoints were read; start again.", "CANCELED")
        if not self.tracks:
            raise FitError("Nobody is seen.", "NO_PERSON")
        for sentence in self.notes:
            hooks.note(sentence)
        kept = [np.array([options.wants(int(frame)) for frame in t.frames]) for t in self.tracks]
        return [track.part(rows) for track, rows in zip(self.tracks, kept, strict=True)]

    def fit(self, track, body, settings, *, hooks, checkpoints, genders=None):
        """Return the known parameters, chunk by chunk, each kept as a checkpoint."""
        known = self.fits[track.person]
        rows = np.searchsorted(known.frames, track.frames)
        failed = np.ones(len(rows), bool)
        for number, chunk in enumerate(np.array_split(np.arange(len(rows)), CHUNKS)):
            if hooks.stop:
                break
            if checkpoints.load(f"chunk_{number}") is None:
                self.calls.append(f"fit {track.person}.{number}")
                checkpoints.save(f"chunk_{number}", {"rows": chunk})
            failed[chunk] = False
            hooks.tell(Progress("body", int(chunk[-1]) + 1, len(rows), 0.5, 100.0))
        chosen = {name: getattr(known, name)[rows] for name in (
            *PARAMETERS, "frames", "times", "reprojection", "loss", "penetration")}
        return replace(known, **chosen, failed=failed | known.failed[rows],
                       seconds=dict(known.seconds))

    def install(self, patch) -> Known:
        patch.setattr(recording, "read_tracks", self.read)
        patch.setattr(recording, "fit", self.fit)
        return self


def make(folder: Path, people: int = 1) -> Known:
    """The recording, its video written to ``folder`` if it is not there."""
    body = model.load()
    recipe = Recipe(frames=FRAMES, rate=RATE, width=WIDTH, height=HEIGHT, person_px=PERSON,
                    noise=0.0)
    tracks, fits = [], {}
    for person in range(1, people + 1):
        motion = motions.acted("surprise", person, FRAMES, RATE)
        track, real = truth.make(motion, body, person, recipe)
        if person > 1:
            # Whoever comes second is there for a part only, through the same lens.
            real.transl[:, 2] *= fits[1].focal / real.focal
            real.focal = fits[1].focal
            track = track.part(slice(3, 9))
        tracks.append(replace(track, person=person))
        known = {name: getattr(real, name) for name in ("betas", *PARAMETERS, "frames", "times")}
        fits[person] = Fit(
            **known, gender="neutral", focal=real.focal, centre=real.centre,
            reprojection=np.full(FRAMES, 1.5), loss=np.full(FRAMES, 0.1),
            penetration=np.full(FRAMES, 0.002), failed=np.zeros(FRAMES, bool),
            seconds={"camera": 0.1, "body": 0.2, "hands_face": 0.1})
    video = folder / "clip.mp4"
    if not video.exists():
        film = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"mp4v"), RATE, (WIDTH, HEIGHT))
        for frame in range(FRAMES):
            film.write(np.full((HEIGHT, WIDTH, 3), 40 + 8 * frame, np.uint8))
        film.release()
    return Known(tracks, fits, video)


class _Patch:
    setattr = staticmethod(setattr)


if __name__ == "__main__":
    known = make(Path(sys.argv[1])).install(_Patch)
    left, real_replace = int(sys.argv[3]), os.replace

    def dying(source, target):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        real_replace(source, target)

    os.replace = dying
    report = recording.fit_recording(FitRequest(known.video, Path(sys.argv[2])))
    print(report.error_code, report.message)
