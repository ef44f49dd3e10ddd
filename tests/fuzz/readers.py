"""Every reader of files that users bring, with a small whole file to damage.

A reader may return or raise KinesicsError (a sentence); anything else it does with a damaged file
is a fault. What it returns is handed back as arrays, so that numbers without end are seen.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import faces_and_tables as brought
import minds_and_robots as mine
import numpy as np
from acclaim import motion_text, skeleton_text

Arrays = Iterator[np.ndarray]
WHOLE = "whole_walk_1.bvh"
"""A whole recording beside the damaged one, which must be imported whatever that one is like."""

MODELS = Path(__file__).resolve().parents[2] / "models"


@dataclass(frozen=True)
class Reader:
    """One kind of file.

    Attributes:
        name: Of the damaged file; a reader goes by the suffix.
        make: Gives the bytes of a whole file.
        read: Reads the file at a path; yields what of it must be finite.
        text: Whether damage to words and numbers makes sense.
        beside: Writes what must lie beside the file, undamaged.
        arrays: Whether damage to the arrays of an .npz makes sense.
    """

    name: str
    make: Callable[[], bytes]
    read: Callable[[Path], Arrays]
    text: bool = False
    beside: Callable[[Path], None] = lambda folder: None
    arrays: bool = False

    @property
    def damage(self) -> str:
        """The kind of damage, as ``damage.damaged`` takes it."""
        return "text" if self.text else "arrays" if self.arrays else ""


# --- whole files -------------------------------------------------------------------------------


def bvh() -> bytes:
    """A person of 1.6 m in centimetres who sways for two seconds."""
    joints = [
        ("Hips", -1, (0, 0, 0)), ("Spine", 0, (0, 20, 0)), ("Neck", 1, (0, 30, 0)),
        ("Head", 2, (0, 10, 0)), ("LeftArm", 1, (15, 28, 0)), ("LeftForeArm", 4, (28, 0, 0)),
        ("LeftHand", 5, (25, 0, 0)), ("RightArm", 1, (-15, 28, 0)),
        ("RightForeArm", 7, (-28, 0, 0)), ("RightHand", 8, (-25, 0, 0)),
        ("LeftUpLeg", 0, (10, -5, 0)), ("LeftLeg", 10, (0, -42, 0)), ("LeftFoot", 11, (0, -40, 0)),
        ("RightUpLeg", 0, (-10, -5, 0)), ("RightLeg", 13, (0, -42, 0)),
        ("RightFoot", 14, (0, -40, 0)),
    ]
    lines = ["HIERARCHY"]

    def write(index: int) -> None:
        name, parent, offset = joints[index]
        lines.append(f"{'ROOT' if parent < 0 else 'JOINT'} {name}")
        lines.append("{")
        lines.append("OFFSET {} {} {}".format(*offset))
        lines.append("CHANNELS " + ("6 Xposition Yposition Zposition " if parent < 0 else "3 ")
                     + "Zrotation Xrotation Yrotation")
        children = [i for i, joint in enumerate(joints) if joint[1] == index]
        for child in children:
            write(child)
        if not children:
            lines.extend(["End Site", "{", "OFFSET 0 5 0", "}"])
        lines.append("}")

    write(0)
    lines += ["MOTION", "Frames: 60", "Frame Time: 0.033333"]
    for t in range(60):
        row = [0.0, 90.0, 0.0, *(5 * np.sin(t / 5 + np.arange(3 * len(joints))))]
        lines.append(" ".join(f"{value:.4f}" for value in row))
    return ("\n".join(lines) + "\n").encode()


def rotations() -> np.ndarray:
    """(60, 22, 3) axis-angle of somebody who moves a little."""
    return (0.1 * np.sin(np.arange(60)[:, None, None] / 9 + np.arange(66).reshape(22, 3))
            ).astype(np.float32)


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def expmap() -> bytes:
    """60 frames of CMU exponential maps, 117 columns."""
    table = 0.05 * np.sin(np.arange(60)[:, None] / 9 + np.arange(117))
    return "\n".join(",".join(f"{v:.5f}" for v in row) for row in table).encode()


def joints() -> np.ndarray:
    """(40, 22, 3) metres, y up: a person of 1.6 m who stands, HumanML3D's order."""
    places = {
        0: (0, .95, 0), 1: (.1, .88, 0), 2: (-.1, .88, 0), 3: (0, 1.05, 0), 4: (.1, .48, 0),
        5: (-.1, .48, 0), 6: (0, 1.2, 0), 7: (.1, .08, 0), 8: (-.1, .08, 0), 9: (0, 1.3, 0),
        10: (.1, .02, .12), 11: (-.1, .02, .12), 12: (0, 1.45, 0), 13: (.08, 1.4, 0),
        14: (-.08, 1.4, 0), 15: (0, 1.6, .03), 16: (.18, 1.4, 0), 17: (-.18, 1.4, 0),
        18: (.45, 1.4, 0), 19: (-.45, 1.4, 0), 20: (.7, 1.4, 0), 21: (-.7, 1.4, 0),
    }
    base = np.array([places[i] for i in range(22)], float)
    return base + 0.01 * np.random.default_rng(0).standard_normal((40, 22, 3))


def features() -> np.ndarray:
    """(40, 263) HumanML3D features of the same person; rotations and velocities are not read."""
    standing = joints()
    table = np.zeros((40, 263), np.float32)
    table[:, 3] = standing[:, 0, 1]
    table[:, 4:67] = (standing[:, 1:] - standing[:, :1] * (1, 0, 1)).reshape(40, 63)
    return table


def picture(suffix: str) -> bytes:
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 4, (48, 1))
    return cv2.imencode(suffix, np.dstack([ramp, ramp[::-1], 255 - ramp]))[1].tobytes()


def animation(suffix: str) -> bytes:
    """Four images with durations of their own."""
    from PIL import Image

    images = [
        Image.fromarray(np.random.default_rng(i).integers(0, 255, (48, 64, 3), np.uint8))
        for i in range(4)
    ]
    stream = io.BytesIO()
    images[0].save(stream, suffix, save_all=True, append_images=images[1:],
                   duration=[40, 100, 200, 100])
    return stream.getvalue()


def film(suffix: str) -> bytes:
    """Twenty frames of 64 x 48."""
    import subprocess
    import tempfile

    import imageio_ffmpeg

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"film{suffix}"
        subprocess.run(
            [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-f", "lavfi", "-i",
             "testsrc=s=64x48:r=20:d=1", str(path)], check=True)
        return path.read_bytes()


def openpose() -> bytes:
    points = np.zeros((25, 3))
    points[:, 0], points[:, 1], points[:, 2] = np.linspace(200, 320, 25), np.linspace(
        100, 400, 25), 0.9
    return json.dumps({"version": 1.3, "people": [
        {"pose_keypoints_2d": points.round(2).ravel().tolist()}]}).encode()


def keypoint_list() -> bytes:
    """AlphaPose's list of one person in twelve frames."""
    points = np.full((17, 3), 0.9)
    points[:, 0], points[:, 1] = np.linspace(200, 320, 17), np.linspace(100, 400, 17)
    return json.dumps([{"image_id": f"{frame}.jpg", "category_id": 1, "score": 2.0,
                        "keypoints": points.round(2).ravel().tolist()}
                       for frame in range(12)]).encode()


def keypoint_table() -> bytes:
    keypoints = np.tile(np.linspace(50, 400, 133 * 3).reshape(133, 3), (12, 1, 1))
    keypoints[..., 2] = 0.9
    return npz(keypoints=keypoints.astype(np.float32), width=np.array(640), height=np.array(480),
               rate=np.array(30.0))


def bag() -> bytes:
    """A bag with people, written by rosbags' serialiser and the mcap writer."""
    import mcap.writer
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.ROS2_JAZZY)
    folder = MODELS.parent / "msg"
    for name in ("Person", "PersonArray"):
        store.register(get_types_from_msg(
            (folder / f"{name}.msg").read_text(), f"kinesics/msg/{name}"))
    kind, types = "kinesics/msg/PersonArray", store.types
    stream = io.BytesIO()
    writer = mcap.writer.Writer(stream, compression=mcap.writer.CompressionType.NONE)
    writer.start("ros2", "fuzz")
    definition = store.generate_msgdef(kind, ros_version=2)[0]
    schema = writer.register_schema(kind, "ros2msg", definition.encode())
    channel = writer.register_channel("/persons", "cdr", schema)
    none = np.zeros(0, np.float32)
    for frame in range(30):
        coco = np.linspace(50, 400, 34).astype(np.float32) + frame
        pose = types["geometry_msgs/msg/Pose"](
            types["geometry_msgs/msg/Point"](0.0, 0.0, 0.0),
            types["geometry_msgs/msg/Quaternion"](0.0, 0.0, 0.0, 1.0))
        person = types["kinesics/msg/Person"](
            1, 0.9, coco, np.full(17, 0.9, np.float32), none, none, none, none, none, none, none,
            none, none, pose, none, types["builtin_interfaces/msg/Time"](0, 0))
        stamp = 10**18 + frame * 33_333_333
        header = types["std_msgs/msg/Header"](
            types["builtin_interfaces/msg/Time"](stamp // 10**9, stamp % 10**9), "camera")
        raw = store.serialize_cdr(types[kind](header, 640, 480, "m", [person]), kind)
        writer.add_message(channel, stamp, bytes(raw), stamp)
    writer.finish()
    return stream.getvalue()


def database() -> bytes:
    """The same people in SQLite, without definitions, as before Iron."""
    import sqlite3
    import tempfile

    import mcap.reader

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "take_0.db3"
        base = sqlite3.connect(file)
        base.execute("CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT, type TEXT,"
                     " serialization_format TEXT, offered_qos_profiles TEXT)")
        base.execute("CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER,"
                     " timestamp INTEGER, data BLOB)")
        base.execute("INSERT INTO topics VALUES(1, '/persons', 'kinesics/msg/PersonArray', 'cdr',"
                     " '')")
        messages = mcap.reader.make_reader(io.BytesIO(bag())).iter_messages()
        base.executemany("INSERT INTO messages(topic_id, timestamp, data) VALUES(1, ?, ?)",
                         [(message.log_time, message.data) for _, _, message in messages])
        base.commit()
        base.close()
        return file.read_bytes()


def archive(kind: str) -> bytes:
    """Three BVH files in an archive."""
    stream = io.BytesIO()
    if kind == "zip":
        import zipfile

        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in "abc":
                packed.writestr(f"{name}_walk_1.bvh", bvh())
    else:
        import tarfile

        with tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for name in "abc":
                member = tarfile.TarInfo(f"{name}_walk_1.bvh")
                member.size = len(bvh())
                tar.addfile(member, io.BytesIO(bvh()))
    return stream.getvalue()


# --- readers -----------------------------------------------------------------------------------


def _import(path: Path, *kind: str) -> Arrays:
    """`kinesics data import KIND` on the folder, beside a whole file of the same kind."""
    from kinesics_core.cli import main
    from kinesics_core.dataset.clips import Dataset

    out = path.parent.parent / "dataset"
    shutil.rmtree(out, ignore_errors=True)
    if main(["data", "import", kind[0], str(path.parent), "--out", str(out), *kind[1:]]) == 0:
        clips = list(Dataset(out))
        whole = (path.parent / WHOLE).exists()
        assert not whole or any("whole" in clip.name for clip in clips), "the whole file is lost"
        for clip in clips:
            # Keypoints that were not seen are nan; nothing is infinite or absurd.
            yield np.nan_to_num(clip.keypoints, nan=0.0)


def _poses(path: Path) -> Arrays:
    from kinesics_core.importers import body_poses

    for clip in body_poses.read([path]):
        yield clip.rotations


def _frames(path: Path) -> Arrays:
    from kinesics_core.perception.sources import open_source

    with open_source(path, realtime=False) as source:
        for _ in range(100):
            frame = source.read()
            if frame is None:
                return
            assert frame.image.dtype == np.uint8 and frame.image.ndim == 3
            yield np.array([frame.stamp / 1e9])


def _openpose(path: Path) -> Arrays:
    from kinesics_core.fitting.tracks.read_tracks import read_tracks

    for track in read_tracks(path.parent):
        yield np.nan_to_num(track.keypoints, nan=0.0)


def _keypoint_list(path: Path) -> Arrays:
    from kinesics_core.fitting.tracks.read_tracks import read_tracks

    for track in read_tracks(path):
        yield np.nan_to_num(track.keypoints, nan=0.0)


def _keypoint_table(path: Path) -> Arrays:
    from kinesics_core.fitting.tracks.track_file import load_tracks

    for track in load_tracks(path):
        yield np.nan_to_num(track.keypoints, nan=0.0)


def _bag(path: Path) -> Arrays:
    from kinesics_core.recording import bag_reader

    for found in bag_reader.find(path):
        for people in bag_reader.read(found).people.values():
            for frame in people:
                for person in frame.persons:
                    yield np.nan_to_num(person.coco, nan=0.0, posinf=0.0, neginf=0.0)


def _body_model(path: Path) -> Arrays:
    from kinesics_core.body import model, skinning
    from kinesics_core.body.correspondences import selection

    body = model.load(path)
    yield from (body.template, body.shape_directions, body.joint_directions, body.weights)
    vertices, joints = skinning.vertices(
        body, betas=np.ones((1, body.shape_directions.shape[2]), np.float32),
        body_pose=np.full((1, 69 if body.kind == "smpl" else 63), 0.1, np.float32))
    yield from (vertices, joints, selection(body.keypoints, len(body.parents))[1])


def _prior(path: Path) -> Arrays:
    from kinesics_core.pose_priors import vae

    vae.load.cache_clear()
    prior = vae.load(path.parent.parent if path.parent.name == "snapshots" else path)
    yield prior.decode(np.zeros((1, prior.latent), np.float32))


def _mixture(path: Path) -> Arrays:
    from kinesics_core.pose_priors import gmm

    gmm.load.cache_clear()
    mixture = gmm.load(path)
    yield mixture.means
    yield mixture.best(np.zeros((1, 63)))[1]


def _lifter(path: Path) -> Arrays:
    from kinesics_core.pose_priors import lifter

    lifter.load.cache_clear()
    yield from lifter.load(path).values()


def _pose_diff(path: Path) -> Arrays:
    from kinesics_core.pose_priors import pose_diff

    pose_diff.load.cache_clear()
    model = pose_diff.load(path)
    yield from (model.pull, model.momentum, model.drift, model.root)
    yield model.deviations(0, 4, np.random.default_rng(0))


def _vposer_folder(path: Path) -> Arrays:
    folder = path.parent / "vposer" / "snapshots"
    folder.mkdir(parents=True)
    yield from _prior(Path(shutil.copy(path, folder / path.name)))


def _params(path: Path) -> Arrays:
    from kinesics_core.fitting.output.params_file import read_parameters

    found, track = read_parameters(path)
    # Frames that were not fitted are nan.
    yield from (np.nan_to_num(found.body_pose, nan=0.0), np.nan_to_num(found.transl, nan=0.0),
                found.betas, found.times, np.array([found.focal]))
    if track is not None:
        yield np.nan_to_num(track.keypoints, nan=0.0)


def _motions(path: Path) -> Arrays:
    from kinesics_core.fitting.evaluation import motions

    for motion in motions.read(path):
        yield motion.rotations
        yield np.array([motion.rate])


def _joint_names(path: Path) -> Arrays:
    from kinesics_core.importers.import_bvh import read_joint_names

    yield np.array([len(read_joint_names(path))])


def _calibration(path: Path) -> Arrays:
    from kinesics_core.perception import calibration

    found = calibration.read(str(path)).scaled(320, 240)
    yield from (found.distortion, found.camera, found.rectification, found.projection)


def _checkpoint(path: Path) -> Arrays:
    from kinesics_core.motion.training import checkpoints

    for weights in checkpoints.load(path).network.state_dict().values():
        yield weights.numpy()


def _forecaster(path: Path) -> Arrays:
    from kinesics_core.motion.runtime import Forecaster

    Forecaster(path)
    yield np.zeros(1)


def _dataset(path: Path) -> Arrays:
    from kinesics_core.dataset.clips import Dataset

    for clip in Dataset(path.parent):
        yield np.nan_to_num(clip.keypoints, nan=0.0)


def _dataset_folder(folder: Path) -> None:
    from kinesics_core.dataset.clips import Clip, Info, Writer

    shutil.rmtree(folder, ignore_errors=True)
    with Writer(folder, Info("fuzz", dimensions=2, origin="made", command="none")) as writer:
        for number in range(3):
            writer.add(Clip(f"clip{number}", "fuzz", f"clip{number}", 30.0, np.full(
                (70, 17, 2), 100.0 + number, np.float32), {"style": "still"}, (640, 480)))


def _part_of_dataset(name: str) -> Callable[[], bytes]:
    def make() -> bytes:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            _dataset_folder(Path(folder) / "dataset")
            return (Path(folder) / "dataset" / name).read_bytes()
    return make


def _smpl_pickle() -> bytes:
    """The shipped body's arrays as a pickle, as SMPL's authors publish theirs."""
    import pickle

    with np.load(MODELS / "smplx" / "SMPLX_NEUTRAL.npz") as stored:
        return pickle.dumps({name: array for name, array in stored.items()
                             if not name.startswith("keypoint_")}, protocol=2)


def _torch_file(content: object) -> bytes:
    import torch

    stream = io.BytesIO()
    torch.save(content, stream)
    return stream.getvalue()


def _vposer() -> bytes:
    """A made-up checkpoint of VPoser, version 2."""
    from kinesics_core.pose_priors.vae_network import PosePriorNetwork

    return _torch_file({"state_dict": {
        f"vp_model.{name}": value for name, value in PosePriorNetwork().state_dict().items()}})


def _trained() -> bytes:
    """The checkpoint of a forecaster that was not trained long."""
    import tempfile

    from kinesics_core.motion.training import checkpoints

    identity = checkpoints.Identity("ours", True, ("nose", "left_eye"), ("calm", "glad"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        checkpoints.save(path, identity, {"rate": 30.0}, {
            "best_network": identity.build().state_dict(), "epoch": 3})
        return path.read_bytes()


def _fit() -> bytes:
    """A ``params.npz`` of six frames."""
    from kinesics_core.body.parameters import PARAMETERS

    keypoints = np.tile(np.linspace(50, 400, 133 * 3, dtype=np.float32).reshape(133, 3), (6, 1, 1))
    keypoints[..., 2] = 0.9
    return npz(
        **{name: np.full((6, *shape), 0.1, np.float32) for name, shape in PARAMETERS.items()},
        betas=np.zeros((6, 10), np.float32), focal=np.array(900.0), fps=np.array(30.0),
        principal_point=np.array([320.0, 240.0]), width=np.array(640), height=np.array(480),
        frames=np.arange(6), times=np.arange(6) / 30.0, keypoints=keypoints,
        gender=np.array("neutral"))


def _joint_file() -> bytes:
    from kinesics_core.importers.skeleton_names import WANTED

    return "".join(f"{name}: bone_{i}\n" for i, name in enumerate(WANTED)).encode()


def _camera_file() -> bytes:
    def matrix(rows: int, columns: int) -> str:
        numbers = (1000.0 * np.eye(rows, columns)).ravel().tolist()
        return f"\n  rows: {rows}\n  cols: {columns}\n  data: {numbers}\n"

    return ("image_width: 640\nimage_height: 480\ncamera_name: fuzz\n"
            f"camera_matrix:{matrix(3, 3)}distortion_model: plumb_bob\n"
            f"distortion_coefficients:{matrix(1, 5)}rectification_matrix:{matrix(3, 3)}"
            f"projection_matrix:{matrix(3, 4)}").encode()


def _bvh_beside(folder: Path) -> None:
    (folder / WHOLE).write_bytes(bvh())


def _text_beside(path: Path, text: str) -> None:
    path.write_text(text)


def _shipped(name: str) -> Callable[[], bytes]:
    return (MODELS / name).read_bytes


READERS: dict[str, Reader] = {
    "import bvh": Reader("a_walk_1.bvh", bvh, lambda p: _import(p, "bvh"), True, _bvh_beside),
    "import bvh, zip": Reader("motion.zip", lambda: archive("zip"), lambda p: _import(p, "bvh"),
                              beside=_bvh_beside),
    "import bvh, tar": Reader("motion.tar.gz", lambda: archive("tar"),
                              lambda p: _import(p, "bvh"), beside=_bvh_beside),
    "import amc": Reader("7_01.amc", lambda: motion_text(60).encode(),
                         lambda p: _import(p, "amc"), True,
                         lambda folder: _text_beside(folder / "7.asf", skeleton_text())),
    "import amc, skeleton": Reader("7.asf", lambda: skeleton_text().encode(),
                                   lambda p: _import(p, "amc"), True,
                                   lambda folder: _text_beside(folder / "7_01.amc",
                                                               motion_text(60))),
    "import axis-angle": Reader("clips.npz", lambda: npz(one=rotations(), two=rotations()),
                                lambda p: _import(p, "axis-angle", "--rate", "30"), arrays=True),
    "import expmap": Reader("walking_1.txt", expmap, lambda p: _import(p, "expmap"), True),
    "import humanml3d": Reader("000001.npy", lambda: npy(joints()),
                               lambda p: _import(p, "humanml3d")),
    "import humanml3d, features": Reader(
        "000002.npy", lambda: npy(features()),
        lambda p: _import(p, "humanml3d")),
    "import bag": Reader("take_0.mcap", bag, lambda p: _import(p, "bag")),
    "poses bvh": Reader("a.bvh", bvh, _poses, True),
    "poses npz": Reader("clips.npz", lambda: npz(one=rotations()), _poses),
    "bag": Reader("take_0.mcap", bag, _bag),
    "png": Reader("a.png", lambda: picture(".png"), _frames),
    "jpeg": Reader("a.jpg", lambda: picture(".jpg"), _frames),
    "webp": Reader("a.webp", lambda: picture(".webp"), _frames),
    "gif": Reader("a.gif", lambda: animation("GIF"), _frames),
    "webp, animated": Reader("a.webp", lambda: animation("WEBP"), _frames),
    "png, animated": Reader("a.png", lambda: animation("PNG"), _frames),
    "tiff": Reader("a.tiff", lambda: picture(".tiff"), _frames),
    "mp4": Reader("a.mp4", lambda: film(".mp4"), _frames),
    "webm": Reader("a.webm", lambda: film(".webm"), _frames),
    "openpose": Reader("x_000000000000_keypoints.json", openpose, _openpose, True),
    "keypoint list": Reader("results.json", keypoint_list, _keypoint_list, True),
    "bag, sqlite": Reader("take_0.db3", database, _bag),
    "keypoints npz": Reader("keypoints.npz", keypoint_table, _keypoint_table, arrays=True),
    "body model": Reader("SMPLX_NEUTRAL.npz", _shipped("smplx/SMPLX_NEUTRAL.npz"), _body_model,
                         arrays=True),
    "body model, pickle": Reader("SMPLX_NEUTRAL.pkl", _smpl_pickle, _body_model),
    "pose prior": Reader("pose_prior.npz", _shipped("pose_prior.npz"), _prior, arrays=True),
    "pose prior, VPoser": Reader("V02_05.ckpt", _vposer, _vposer_folder),
    "pose mixture": Reader("pose_gmm.npz", _shipped("pose_gmm.npz"), _mixture, arrays=True),
    "pose lifter": Reader("pose_lifter.npz", _shipped("pose_lifter.npz"), _lifter, arrays=True),
    "pose differences": Reader(
        "pose_diff.npz", _shipped("pose_diff.npz"), _pose_diff, arrays=True),
    "fit": Reader("params.npz", _fit, _params, arrays=True),
    "motions": Reader("motions.npz", lambda: npz(
        angry_1=rotations(), sad_2=rotations()), _motions, arrays=True),
    "motions, together": Reader("motions.npz", lambda: npz(
        rotations=np.concatenate([rotations()] * 2), clip=np.repeat([0, 1], 60),
        names=np.array(["angry", "sad"]), rate=np.array([30.0, 60.0]),
        translation=np.zeros((120, 3))), _motions, arrays=True),
    "joint names": Reader("joints.yaml", _joint_file, _joint_names, True),
    "calibration": Reader("camera.yaml", _camera_file, _calibration, True),
    "training checkpoint": Reader("checkpoint.pt", _trained, _checkpoint),
    "forecaster": Reader("forecast.onnx", _shipped("forecast_ours.onnx"), _forecaster),
    "dataset info": Reader("info.json", _part_of_dataset("info.json"), _dataset, True,
                           _dataset_folder),
    "dataset clips": Reader("clips.jsonl", _part_of_dataset("clips.jsonl"), _dataset, True,
                            _dataset_folder),
    "dataset keypoints": Reader("keypoints.f32", _part_of_dataset("keypoints.f32"), _dataset,
                                beside=_dataset_folder),
    "personality": Reader("me.yaml", lambda: mine.whole("config/personality_warm.yaml"),
                          mine.personality, True),
    "policy": Reader("mine.yaml", lambda: (mine.MIND / "mirror.yaml").read_bytes(), mine.policy,
                     True),
    "answers to signs": Reader("signs.yaml", lambda: (mine.MIND / "signs.yaml").read_bytes(),
                               mine.signs, True),
    "trace": Reader("trace.yaml", lambda: mine.TRACE, mine.trace, True),
    "transitions": Reader("transitions.json", lambda: mine.whole("models/transitions.json"),
                          mine.transitions, True),
    "robot's map": Reader("g1.yaml", lambda: mine.whole("config/robots/g1.yaml"), mine.robot_map,
                          True),
    "urdf": Reader("person.urdf", mine.person_urdf, mine.urdf, True),
    "gestures": Reader("mine.yaml", brought.gesture_file, brought.gestures, True),
    "gesture clip": Reader("wave.bvh", bvh, brought.gesture_clip, True),
    "labanotation": Reader("gestures.json", brought.labanotation, brought.labanotated, True),
    "live link": Reader("face.csv", brought.live_link, brought.live_linked, True),
    "sentences": Reader("sentences.tsv", lambda: b"text\tlabels\tgroup\n" + (
        b"so happy\thappiness,surprise\tplain\n" * 20), brought.sentences, True),
    "goemotions": Reader("train.tsv", lambda: b"so happy\t17,2\teew5j0j\n" * 20,
                         brought.goemotions, True, brought.goemotion_labels),
    "xed": Reader("en-annotated.tsv", lambda: b"so happy .\t5, 6\n" * 20, brought.xed, True,
                  lambda folder: _text_beside(folder / "neu_en.txt", "1\tit is\n" * 5)),
    "pepper": Reader("data_raw.csv", brought.pepper_motion, brought.pepper, True,
                     brought.pepper_beside),
    "labels of faces": Reader("labels.csv", brought.face_labels, brought.labelled_faces, True,
                              brought.face_pictures),
    "emo3d": Reader("train.csv", brought.triples, brought.public_triples, True),
    "dataset statistics": Reader("statistics.json", _part_of_dataset("statistics.json"),
                                 brought.dataset_statistics, True, _dataset_folder),
    "body reader": Reader("body_reader.npz", _shipped("body_reader.npz"), mine.body_reader,
                          arrays=True),
}
