"""Readers of gestures, faces, texts and tables that users bring; see ``readers``."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

Arrays = Iterator[np.ndarray]


def table(columns: list[str], rows: list[list[object]], delimiter: str = ",") -> str:
    """Return a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerows([columns, *rows])
    return text.getvalue()


def gesture_file() -> bytes:
    """Return two gestures of key poses, as somebody writes them by hand."""
    return b"""beckon:
  meaning: come here
  duration: 2.2
  keys:
    - time: 0.6
      right: {upper: [0.3, -0.5, 0.8], fore: [0.0, 0.9, 0.4], curl: 0.1}
      head: [0.1, 0.0, 0.0]
    - time: 1.2
      both: {upper: [0.3, -0.9, 0.3], fore: [0.0, 0.2, 1.0], twist: 0.2, bend: 0.1}
      collars: 0.1
greet:
  duration: 1.0
  keys: [{time: 0.5, spine: [0.0, 0.2, 0.0]}]
"""


def gestures(path: Path) -> Arrays:
    from kinesics_core.expression.gesture_files import read_gestures

    for gesture in read_gestures(path).values():
        yield np.array([gesture.duration, *(key.time for key in gesture.keys)])


def gesture_clip(path: Path) -> Arrays:
    from kinesics_core.importers.gesture_folder import read_folder

    for gesture in read_folder(path.parent).values():
        yield np.array([gesture.duration, *(key.time for key in gesture.keys)])
        for key in gesture.keys:
            yield np.array(key.head)


def labanotation() -> bytes:
    """Return two gestures as level and direction of each limb."""
    parts = {name: {"dir": "right forward", "lvl": "normal", "dur": 0.4}
             for name in ("lelbow", "lwrist", "relbow", "rwrist")}
    frames = [{**parts, "head": {"dir": "forward", "lvl": "normal", "dur": 0.1 * k}}
              for k in range(4)]
    return json.dumps({"one": frames, "two": frames[:2]}).encode()


def labanotated(path: Path) -> Arrays:
    from kinesics_core.expression.labanotation import read_labanotation

    for gesture in read_labanotation(path).values():
        yield np.array([gesture.duration, *(key.time for key in gesture.keys)])


def live_link() -> bytes:
    """Return half a second of a face."""
    from kinesics_core.expression.face_animation import FaceAnimation
    from kinesics_core.expression.live_link import csv_text

    rng, times = np.random.default_rng(0), np.arange(30) / 60
    return csv_text(FaceAnimation(
        times, rng.uniform(0, 1, (30, 52)).astype(np.float32),
        rng.uniform(-0.3, 0.3, (30, 2)).astype(np.float32),
        rng.uniform(-0.3, 0.3, (30, 3)).astype(np.float32))).encode()


def live_linked(path: Path) -> Arrays:
    from kinesics_core.expression.live_link_reader import read_csv

    face = read_csv(path).animation
    yield from (face.times, face.blendshapes, face.gaze, face.head)


def sentences(path: Path) -> Arrays:
    from kinesics_core.expression.text.evaluation import read_sentences

    read_sentences(path)
    yield np.zeros(1)


def goemotions(path: Path) -> Arrays:
    from kinesics_core.expression.text.training.data import read_goemotions

    yield read_goemotions(path.parent, "train").labels


def goemotion_labels(folder: Path) -> None:
    from kinesics_core.expression.text.training.data import GOEMOTIONS

    (folder / "labels.txt").write_text("\n".join(GOEMOTIONS) + "\n")


def xed(path: Path) -> Arrays:
    from kinesics_core.expression.text.training.data import read_xed

    yield read_xed(path.parent).labels


def pepper_motion() -> bytes:
    """Return two animations of a robot."""
    from kinesics_core.importers.pepper import JOINTS

    rng = np.random.default_rng(0)
    return table(["id", *JOINTS], [
        [name, *rng.uniform(-0.3, 0.3, len(JOINTS)).round(4)]
        for name in ("Happy_1", "Sad_2") for _ in range(30)]).encode()


def pepper_ratings() -> bytes:
    """Return how people rated them."""
    return table(["id", "valence", "arousal"],
                 [["Happy_1", 0.8, 0.7], ["Sad_2", 0.2, 0.3]]).encode()


def pepper_beside(folder: Path) -> None:
    """Write the tables that are not damaged."""
    for name, make in (("data_raw.csv", pepper_motion), ("labels_raw.csv", pepper_ratings)):
        (folder / name).write_bytes(make())
    (folder / "labels_gen_anim.csv").write_text("generated_animation,valence,arousal,dominance\n")


def pepper(path: Path) -> Arrays:
    from kinesics_core.body_reading.recordings import read_recordings

    for recording in read_recordings([path.parent]):
        yield recording.keypoints
        yield np.nan_to_num(recording.vad)


def face_labels() -> bytes:
    """Return labels of pictures."""
    return table(["file", "emotion"], [["a.png", "happiness"], ["b.png", "fear"]] * 20).encode()


def face_pictures(folder: Path) -> None:
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"\x89PNG")


def labelled_faces(path: Path) -> Arrays:
    from kinesics_core.perception.labelled_faces import labelled_pictures

    labelled_pictures(path.parent)
    yield np.zeros(1)


def triples() -> bytes:
    """Return rows of the public set of faces and descriptions."""
    from kinesics_core.emo3d.public_format import COLUMNS
    from kinesics_core.emo3d.triples import SHAPES

    rng = np.random.default_rng(0)
    rows = []
    for number in range(12):
        row: dict[str, object] = dict.fromkeys(COLUMNS, "")
        row |= {name: 0.125 for name in COLUMNS if name.islower() and "_" not in name}
        row |= {"sample_id": number, "prompt_type": "description", "text_1": f"a face {number}",
                "blenshape_score_1": "[" + " ".join(map(
                    str, rng.uniform(0, 1, SHAPES).round(3))) + "]"}
        rows.append([row[name] for name in COLUMNS])
    return table(list(COLUMNS), rows).encode()


def public_triples(path: Path) -> Arrays:
    from kinesics_core.emo3d.public_format import read

    found = read(path)
    yield found.scores
    yield found.distributions


def dataset_statistics(path: Path) -> Arrays:
    import argparse

    from kinesics_core.commands import data_info

    parser = argparse.ArgumentParser()
    data_info.add_arguments(parser)
    data_info.run(parser.parse_args([str(path.parent)]))
    yield np.zeros(1)
