"""A recording becomes files that agree with the known parameters, whatever interrupts the work."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import threading
import time
import weakref
from contextlib import ExitStack
from pathlib import Path

import cv2
import known_recording
import numpy as np
import pytest
from known_recording import FRAMES, HEIGHT, RATE, WIDTH
from small_disk import tmpfs

from kinesics_core.assets import store
from kinesics_core.body import model, skinning
from kinesics_core.body.parameters import PARAMETERS
from kinesics_core.errors import KinesicsError
from kinesics_core.files import read_arrays
from kinesics_core.fitting.errors import CODES
from kinesics_core.fitting.output import background, painter, recording
from kinesics_core.fitting.output.directory import locked
from kinesics_core.fitting.output.params_file import fit_of, read_parameters
from kinesics_core.fitting.output.recording import fit_recording
from kinesics_core.fitting.output.request import FitRequest
from kinesics_core.fitting.tracks import track_file
from kinesics_core.importers import bvh
from kinesics_core.pose_priors import vae


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("known")
    known_recording.make(folder)
    return folder


@pytest.fixture
def known(place, monkeypatch) -> known_recording.Known:
    return known_recording.make(place).install(monkeypatch)


@pytest.fixture(scope="module")
def whole(place, tmp_path_factory) -> tuple[known_recording.Known, Path]:
    """The known recording fitted once, undisturbed; its output."""
    out = tmp_path_factory.mktemp("whole") / "out"
    with pytest.MonkeyPatch.context() as patch:
        known = known_recording.make(place).install(patch)
        report = fit_recording(FitRequest(known.video, out))
    assert (report.complete, report.error_code, report.message) == (True, "NONE", "")
    return known, out


def meshes_of(known, person=1) -> np.ndarray:
    """(T, V, 3) metres of the known parameters."""
    fit = known.fits[person]
    parameters = {name: getattr(fit, name) for name in PARAMETERS}
    return skinning.vertices(model.load(), betas=fit.betas[None], **parameters)[0]


def read_obj(path: Path) -> tuple[np.ndarray, np.ndarray]:
    lines = path.read_text().splitlines()
    vertices = [line.split()[1:4] for line in lines if line.startswith("v ")]
    faces = [[part.split("/")[0] for part in line.split()[1:]]
             for line in lines if line.startswith("f ")]
    return np.array(vertices, float), np.array(faces, int) - 1


# What is written ----------------------------------------------------------------------------------


def test_every_frame_has_its_files_and_the_clip_has_its_own(whole):
    _, out = whole
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    frames = {f"{kind}/{frame:06d}.{end}" for frame in range(FRAMES) for kind, end in (
        ("meshes", "obj"), ("overlays", "jpg"), ("params", "npz"))}
    clip = {"params.npz", "camera.json", "fit.json", "motion.glb", "motion.bvh", "contact.jpg",
            "overlay.mp4", "keypoints.npz", "request.json", "report.json"}
    assert names == frames | clip
    assert set(json.loads((out / "report.json").read_text())["files"]) \
        == names - {"request.json", "report.json"}


def test_meshes_are_those_of_the_parameters(whole):
    known, out = whole
    expected = meshes_of(known)
    for frame in (0, 7, FRAMES - 1):
        vertices, faces = read_obj(out / "meshes" / f"{frame:06d}.obj")
        assert np.abs(vertices - expected[frame]).max() < 1.1e-5
        assert np.array_equal(faces, model.load().faces)


def test_params_give_the_same_meshes_in_stock_smplx(whole):
    smplx, torch = pytest.importorskip("smplx"), pytest.importorskip("torch")
    known, out = whole
    stored = read_arrays(out / "params.npz")
    file = model.find(None, "neutral")
    stock = smplx.create(
        str(file), model_type="smplx", gender="neutral", num_betas=10, use_pca=False,
        num_expression_coeffs=52, flat_hand_mean=True, batch_size=FRAMES)
    names = ("betas", *PARAMETERS)
    posed = stock(**{name: torch.tensor(stored[name]) for name in names})
    vertices = posed.vertices.detach().numpy()
    assert np.abs(vertices[7] - read_obj(out / "meshes" / "000007.obj")[0]).max() < 2e-5
    assert np.abs(posed.joints.detach().numpy()[:, :55] - stored["joints_cam"]).max() < 1e-5
    one = read_arrays(out / "params" / "000007.npz")
    assert all(np.array_equal(one[name], stored[name][7]) for name in (*names, "joints_cam"))


def test_joints_project_onto_the_keypoints_they_were_fitted_to(whole):
    """What a reader computes from params.npz alone: pixel = focal * x / z + principal_point."""
    _, out = whole
    stored = read_arrays(out / "params.npz")
    body = model.load()
    joint = body.keypoints.joints
    on_joint = np.flatnonzero(joint >= 0)
    places = stored["joints_cam"][:, joint[on_joint]]
    pixels = stored["focal"] * places[..., :2] / places[..., 2:] + stored["principal_point"]
    seen = stored["keypoints"][:, on_joint, 2] > 0
    error = np.abs(pixels - stored["keypoints"][:, on_joint, :2])[seen]
    assert len(error) > 100 and error.max() < 0.1


def test_the_fit_is_read_back_as_it_was(whole):
    known, out = whole
    fit = fit_of(read_arrays(out / "params.npz"))
    read, track = read_parameters(out)
    for name in ("betas", *PARAMETERS, "frames", "times", "reprojection", "failed"):
        assert np.allclose(getattr(fit, name), getattr(known.fits[1], name), atol=1e-6), name
        assert not hasattr(read, name) or np.array_equal(getattr(read, name), getattr(fit, name))
    assert (fit.focal, fit.gender) == (known.fits[1].focal, "neutral")
    assert fit.seconds == known.fits[1].seconds
    assert np.array_equal(track.keypoints, known.tracks[0].keypoints, equal_nan=True)
    with pytest.raises(KinesicsError, match="holds no params.npz; give a directory"):
        read_parameters(out / "meshes")


def test_figures_are_those_of_the_known_motion(whole):
    known, out = whole
    document = json.loads((out / "fit.json").read_text())
    assert document["reprojection_px"]["median"] == 1.5
    assert document["reprojection_px"]["per_frame"] == [1.5] * FRAMES
    assert document["penetration_mm"]["mean"] == 2.0
    tall = document["person_height_px"]
    assert tall == pytest.approx(known_recording.PERSON, rel=0.1)  # as the recording was made
    assert document["reprojection_percent_of_height"]["median"] == pytest.approx(
        150.0 / tall, rel=0.05)
    joints = read_arrays(out / "params.npz")["joints_cam"].astype(float)
    acceleration = np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1).mean() * RATE**2
    assert document["jitter_m_s2"] == pytest.approx(acceleration, rel=1e-4)
    assert document["frames_per_second"] == pytest.approx(FRAMES / 0.4)
    assert document["write_ms_per_frame"] > 0
    camera = json.loads((out / "camera.json").read_text())
    assert camera["focal_px"] == known.fits[1].focal
    assert camera["principal_point_px"] == known.fits[1].centre.tolist()


def test_pictures_show_the_person_where_the_mesh_is_and_the_frame_elsewhere(whole):
    known, out = whole
    for frame in (0, 9):
        picture = cv2.imread(str(out / "overlays" / f"{frame:06d}.jpg"))
        assert picture.shape == (HEIGHT, WIDTH, 3)
        points = truth_pixels(known, frame)
        inside = np.all((points >= 0) & (points < (WIDTH, HEIGHT)), axis=1)
        x, y = points[inside].astype(int).T
        changed = np.abs(picture.astype(int) - (40 + 8 * frame)).max(-1) > 12
        assert changed[y, x].mean() > 0.9
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        mask[y, x] = 1
        assert changed[cv2.dilate(mask, np.ones((11, 11))) == 0].mean() < 0.01


def truth_pixels(known, frame) -> np.ndarray:
    mesh = meshes_of(known)[frame]
    return known.fits[1].focal * mesh[:, :2] / mesh[:, 2:] + known.fits[1].centre


def test_the_overlay_video_has_every_picture_in_order(whole):
    _, out = whole
    video = cv2.VideoCapture(str(out / "overlay.mp4"))
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(RATE)
    corners = []
    while (shown := video.read())[0]:
        corners.append(shown[1][:20, :20].mean())
    assert len(corners) == FRAMES
    assert np.abs(np.array(corners) - (40 + 8 * np.arange(FRAMES))).max() < 8


def test_the_motion_files_hold_the_known_joints(whole):
    """In a world with y up: the camera's frame turned half around x."""
    known, out = whole
    assert (out / "motion.glb").read_bytes()[:4] == b"glTF"
    motion = bvh.parse((out / "motion.bvh").read_text())
    assert motion.table.shape[0] == FRAMES and motion.rate == pytest.approx(RATE, rel=1e-4)
    names = model.load().joint_names
    joints = read_arrays(out / "params.npz")["joints_cam"][:, :22]
    places, _ = bvh.pose(motion, [motion.names.index(name) for name in names[:22]])
    assert np.abs(places - joints * [1, -1, -1]).max() < 1e-4


# Interruptions ------------------------------------------------------------------------------------


def contents(out: Path) -> dict[str, bytes]:
    """Files by name; without what tells the time, and without what a resumed run makes of stored
    pictures."""
    return {path.relative_to(out).as_posix(): path.read_bytes()
            for path in sorted(out.rglob("*")) if path.is_file()
            and path.name not in ("fit.json", "report.json", "overlay.mp4", "contact.jpg")}


def assert_same(out: Path, expected: Path) -> None:
    """Arrays up to the last digits: the run that was killed had another number of threads."""
    found, wanted = contents(out), contents(expected)
    assert found.keys() == wanted.keys()
    for name in wanted:
        if name.endswith(".npz"):
            arrays, right = (read_arrays(folder / name) for folder in (out, expected))
            assert arrays.keys() == right.keys()
            for key, value in right.items():
                if value.dtype.kind == "f":
                    np.testing.assert_allclose(arrays[key], value, rtol=1e-4, atol=1e-4)
                else:
                    assert (arrays[key] == value).all(), f"{name}: {key}"
        else:
            assert found[name] == wanted[name], name
    assert length(out / "overlay.mp4") == FRAMES
    sheets = [cv2.imread(str(folder / "contact.jpg")).astype(float) for folder in (out, expected)]
    assert sheets[0].shape == sheets[1].shape and np.abs(sheets[0] - sheets[1]).mean() < 1.5


def length(video: Path) -> int:
    return int(cv2.VideoCapture(str(video)).get(cv2.CAP_PROP_FRAME_COUNT))


@pytest.mark.slow
@pytest.mark.parametrize("replacements", [1, 3, 7, 20, 44])
def test_a_killed_run_continues(whole, known, tmp_path, replacements):
    """SIGKILL at the n-th file that was about to get its name."""
    out = tmp_path / "out"
    script = Path(known_recording.__file__)
    killed = subprocess.run(
        [sys.executable, str(script), str(known.video.parent), str(out), str(replacements)],
        capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)})
    assert killed.returncode == -9, killed.stdout + killed.stderr
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*")
              if path.is_file() and not path.name.endswith((".part", ".mp4"))
              and path.name not in ("fit.json", "camera.json", "request.json")}
    report = fit_recording(FitRequest(known.video, out))
    assert report.complete, report.message
    # Whatever was finished is not done again ...
    done = {path.name for path in before}
    assert known.calls.count("read") == (0 if "keypoints.npz" in done else 1)
    if "params.npz" in done:
        assert known.calls == []
    assert sum(call.startswith("fit") for call in known.calls) == (0 if "params.npz" in done else
        known_recording.CHUNKS - sum(name.startswith("chunk_") for name in done))
    assert all(path.stat().st_mtime_ns == when for path, when in before.items() if path.exists())
    # ... and the whole is what an undisturbed run gives.
    assert_same(out, whole[1])


@pytest.mark.parametrize("stage", ["keypoints", "body", "write"])
def test_cancelling_keeps_what_is_there_and_the_next_run_goes_on(whole, known, tmp_path, stage):
    out, seen = tmp_path / "out", []
    report = fit_recording(
        FitRequest(known.video, out), progress=lambda step: seen.append(step.stage),
        cancelled=lambda: stage in seen)
    assert (report.complete, report.error_code) == (False, "CANCELED")
    assert "goes on" in report.message or "start again" in report.message
    if stage == "body":
        part = read_arrays(out / "params.npz")
        assert part["failed"].sum() == FRAMES * 3 // 4 and not part["complete"]
        assert report.frames_fitted == FRAMES // 4
    if stage == "write":
        assert report.frames_fitted == FRAMES
        assert np.isfinite(read_arrays(out / "params.npz")["joints_cam"]).all()
    assert not list(out.rglob("*.part*"))
    first = list(known.calls)
    report = fit_recording(FitRequest(known.video, out))
    assert report.complete
    assert sorted(set(known.calls)) == sorted(known.calls) or stage == "keypoints", first
    assert_same(out, whole[1])


def test_what_perception_noted_is_said_by_every_run(known, tmp_path):
    known.notes.append("Only the first 57 frames are used.")
    for _ in range(2):
        report = fit_recording(FitRequest(known.video, tmp_path, meshes=False, overlays=False))
        assert report.complete and report.failures == known.notes
    assert known.calls.count("read") == 1


def test_a_second_run_writes_nothing_again(whole, known):
    _, out = whole
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()
              and path.name not in ("fit.json", "camera.json", "report.json")}
    report = fit_recording(FitRequest(known.video, out))
    assert report.complete and known.calls == []
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert report.frames_fitted == FRAMES and report.reprojection_px == 1.5


def test_another_request_in_the_same_place_is_refused_and_changes_nothing(whole, known, tmp_path):
    _, out = whole
    before = contents(out)
    for other, word in (({"gender": "female"}, r"another gender \(neutral; now female\)"),
                        ({"focal": 900.0}, "another focal length"),
                        ({"first": 2, "last": 9}, "another first frame and another last frame"),
                        ({"pose_space": "latent"}, "another pose space")):
        report = fit_recording(FitRequest(known.video, out, **other))
        assert report.error_code == "INVALID_GOAL" and known.calls == []
        assert word.split(" \\(")[0] in report.message
    changed = tmp_path / known.video.name
    changed.write_bytes(known.video.read_bytes() + b"x")
    report = fit_recording(FitRequest(changed, out))
    assert report.error_code == "INVALID_GOAL" and "another recording" in report.message
    assert contents(out) == before


def test_beginning_again_removes_only_what_a_fit_wrote(known, tmp_path):
    out = tmp_path / "out"
    assert fit_recording(FitRequest(known.video, out, last=5)).complete
    (out / "notes.txt").write_text("mine")
    (out / "meshes" / "mine.obj").write_text("mine")
    report = fit_recording(FitRequest(known.video, out, last=7, resume=False))
    assert report.complete and report.frames_fitted == 8
    assert (out / "notes.txt").read_text() == (out / "meshes" / "mine.obj").read_text() == "mine"
    assert len(list((out / "params").iterdir())) == 8


def test_a_directory_with_files_of_our_names_but_not_ours_is_left_alone(known, tmp_path):
    (tmp_path / "camera.json").write_text("precious")
    report = fit_recording(FitRequest(known.video, tmp_path))
    assert report.error_code == "INVALID_GOAL" and "camera.json" in report.message
    assert [path.name for path in tmp_path.iterdir()] == ["camera.json"]
    report = fit_recording(FitRequest(known.video, tmp_path, resume=False))
    assert report.error_code == "INVALID_GOAL"
    assert (tmp_path / "camera.json").read_text() == "precious"


def test_meshes_asked_for_later_are_added(known, tmp_path):
    first = fit_recording(FitRequest(known.video, tmp_path, meshes=False, overlays=False))
    assert first.complete and not (tmp_path / "meshes").exists()
    assert not (tmp_path / "overlay.mp4").exists() and (tmp_path / "contact.jpg").exists()
    again = fit_recording(FitRequest(known.video, tmp_path))
    assert again.complete and known.calls.count("read") == 1
    assert len(list((tmp_path / "meshes").iterdir())) == FRAMES


def test_what_was_lost_is_made_again_from_what_is_there(known, tmp_path):
    assert fit_recording(FitRequest(known.video, tmp_path, meshes=False)).complete
    before = {name: (tmp_path / name).read_bytes() for name in (
        "motion.glb", "params/000003.npz", "overlays/000004.jpg")}
    sheet = cv2.imread(str(tmp_path / "contact.jpg")).astype(float)
    for name in (*before, "contact.jpg"):
        (tmp_path / name).unlink()
    assert fit_recording(FitRequest(known.video, tmp_path, meshes=False)).complete
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    again = cv2.imread(str(tmp_path / "contact.jpg")).astype(float)
    assert np.abs(again - sheet).mean() < 1.5


def test_one_directory_takes_one_run_at_a_time(known, tmp_path):
    with locked(tmp_path):
        report = fit_recording(FitRequest(known.video, tmp_path))
    assert report.error_code == "INVALID_GOAL" and "Another fit is writing" in report.message
    assert fit_recording(FitRequest(known.video, tmp_path, meshes=False, overlays=False)).complete


def test_cancelling_takes_less_than_a_second(known, tmp_path):
    asked = threading.Event()
    when: list[float] = []

    def soon() -> None:
        time.sleep(0.3)
        when.append(time.monotonic())
        asked.set()

    known.tracks[0].rate = 15.0
    thread = threading.Thread(target=soon)
    thread.start()
    slow = known.fit

    def slowly(*args, hooks, **others):
        while not hooks.stop:
            time.sleep(0.02)
        return slow(*args, hooks=hooks, **others)

    recording.fit = slowly
    report = fit_recording(FitRequest(known.video, tmp_path), cancelled=asked.is_set)
    assert report.error_code == "CANCELED" and time.monotonic() - when[0] < 1.0
    thread.join()


# Disk -----------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path, monkeypatch):
    """A directory that takes so many bytes: a tmpfs as root, else a counting write."""
    place = tmp_path / "disk"
    place.mkdir()
    disks = ExitStack()

    def limit(size: int) -> Path:
        if disks.enter_context(tmpfs(place, size)):
            return place
        write = Path.write_bytes

        def counted(path, data):
            used = sum(p.stat().st_size for p in place.rglob("*") if p.is_file())
            if path.is_relative_to(place) and used + len(data) > size:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(path, data)

        monkeypatch.setattr(Path, "write_bytes", counted)
        return place

    with disks:
        yield limit


@pytest.mark.parametrize("size", [40_000, 300_000, 3_000_000])
def test_a_full_disk_is_a_sentence_and_nothing_written_is_lost(known, small_disk, size):
    out = small_disk(size) / "out"
    report = fit_recording(FitRequest(known.video, out))
    assert (report.complete, report.error_code) == (False, "DISK_FULL")
    assert "disk is full" in report.message and "make room" in report.message
    assert not list(out.rglob("*.part*"))
    for path in out.rglob("*.npz"):
        read_arrays(path)
    for path in out.rglob("*.obj"):
        assert len(read_obj(path)[0]) == len(model.load().template)
    for path in out.rglob("*.json"):
        json.loads(path.read_text())


# Several people -------------------------------------------------------------------------------


def test_each_of_several_people_has_a_folder_and_all_have_a_video(place, monkeypatch, tmp_path):
    known = known_recording.make(place, people=2).install(monkeypatch)
    report = fit_recording(FitRequest(known.video, tmp_path, meshes=False))
    assert report.complete and [person.id for person in report.people] == [1, 2]
    assert [person.frames for person in report.people] == [FRAMES, 6]
    assert report.frames_fitted == FRAMES + 6
    assert {path.name for path in (tmp_path / "person_2" / "overlays").iterdir()} \
        == {f"{frame:06d}.jpg" for frame in range(3, 9)}
    for film in (tmp_path, tmp_path / "person_1", tmp_path / "person_2"):
        assert length(film / "overlay.mp4") == FRAMES
    assert read_parameters(tmp_path / "person_2")[0].frames.tolist() == list(range(3, 9))
    with pytest.raises(KinesicsError, match="person_1, person_2"):
        read_parameters(tmp_path)
    one = fit_recording(FitRequest(known.video, tmp_path / "one", person=2, meshes=False))
    assert one.complete and (tmp_path / "one" / "params.npz").exists()
    none = fit_recording(FitRequest(known.video, tmp_path / "none", person=7))
    assert none.error_code == "NO_PERSON" and "seen were 1, 2" in none.message


def test_frames_that_were_not_fitted_are_named_and_shown_plain(known, tmp_path):
    known.fits[1].failed[3:6] = True
    report = fit_recording(FitRequest(known.video, tmp_path))
    assert report.complete and report.frames_fitted == FRAMES - 3
    assert report.failures == [
        "Person 1 was not fitted in 3 of 12 frames (3 to 5): too little of them is seen there."]
    assert not (tmp_path / "meshes" / "000004.obj").exists()
    assert np.isnan(read_arrays(tmp_path / "params.npz")["joints_cam"][4]).all()
    plain = cv2.imread(str(tmp_path / "overlays" / "000004.jpg")).astype(int)
    assert np.abs(plain - (40 + 8 * 4)).max() < 10


def test_a_fit_far_from_its_keypoints_is_called_doubtful(known, tmp_path):
    stature = 1.65
    height = known.fits[1].focal * stature / known.fits[1].transl[:, 2]
    known.fits[1].reprojection[:] = 0.2 * height
    report = fit_recording(FitRequest(known.video, tmp_path, meshes=False, overlays=False))
    assert report.complete and len(report.failures) == 1
    assert re.fullmatch(
        r"Person 1 is (19|2\d) % of their height off the keypoints \(median\); .*of another image"
        rf" size than {known_recording.WIDTH} x {known_recording.HEIGHT} px\.", report.failures[0])


def test_frames_that_were_not_fitted_leave_no_nan_in_any_file_of_motion(known, tmp_path):
    known.fits[1].failed[:2] = known.fits[1].failed[5] = True
    for name in PARAMETERS:
        getattr(known.fits[1], name)[known.fits[1].failed] = np.nan
    assert fit_recording(FitRequest(known.video, tmp_path)).complete
    motion = bvh.parse((tmp_path / "motion.bvh").read_text())
    assert motion.table.shape[0] == FRAMES - 2 and np.isfinite(motion.table).all()
    assert len(set(motion.names)) == len(motion.names)
    glb = pytest.importorskip("pygltflib").GLTF2.load_from_bytes(
        (tmp_path / "motion.glb").read_bytes())
    assert {glb.accessors[sampler.input].count for sampler in glb.animations[0].samplers} == {
        FRAMES - 3}
    names = [node.name for node in glb.nodes]
    assert len(set(names)) == len(names)
    for accessor in glb.accessors:
        if accessor.componentType == 5126:
            view = glb.bufferViews[accessor.bufferView]
            assert np.isfinite(np.frombuffer(
                glb.binary_blob(), "<f4", view.byteLength // 4, view.byteOffset)).all()
    for path in (tmp_path / "meshes").iterdir():
        assert b"n" not in path.read_bytes()[9:]
    json.loads((tmp_path / "fit.json").read_text(), parse_constant=pytest.fail)


# Sources --------------------------------------------------------------------------------------


def test_images_come_with_their_numbers_from_wherever_there_are_some(known, tmp_path):
    def numbers(source, first=0):
        """Return what each image shows: its grey says which it is."""
        return {index: round((float(image.mean()) - 38) / 8)
                for index, image in recording.images_of(source, first)}

    whole = {frame: frame for frame in range(FRAMES)}
    assert numbers(known.video) == whole
    assert numbers(known.video, 9) == {frame: frame for frame in range(9, FRAMES)}
    folder = tmp_path / "frames"
    folder.mkdir()
    for frame in range(3):
        cv2.imwrite(str(folder / f"{frame}.png"), np.full((48, 64, 3), 40 + 8 * frame, np.uint8))
    assert numbers(folder) == {0: 0, 1: 1, 2: 2}
    poses = known.video.parent / "openpose"
    poses.mkdir(exist_ok=True)
    (poses / f"{known.video.stem}_000000000000_keypoints.json").write_text('{"people": []}')
    assert numbers(poses) == whole
    for without in (tmp_path / "keypoints.npz", tmp_path / "bag.mcap", tmp_path):
        assert numbers(without) == {}


def test_keypoints_without_images_are_drawn_on_a_plain_ground(known, tmp_path):
    source = tmp_path / "keypoints.npz"
    source.write_bytes(track_file.save_tracks(known.tracks))
    report = fit_recording(FitRequest(source, tmp_path / "out", meshes=False))
    assert report.complete, report.message
    picture = cv2.imread(str(tmp_path / "out" / "overlays" / "000002.jpg"))
    assert picture.shape == (HEIGHT, WIDTH, 3) and picture.max() > 150
    assert np.abs(picture[0, 0].astype(int)[::-1] - painter.DARK).max() < 6
    assert length(tmp_path / "out" / "overlay.mp4") == FRAMES


def test_memory_does_not_grow_with_the_recording(known, tmp_path, monkeypatch):
    """Of all frames' pictures and meshes, only a few exist at once."""
    alive: weakref.WeakSet[np.ndarray] = weakref.WeakSet()
    most = 0

    class Held(np.ndarray):
        """An array that can stand in a set."""

        __hash__ = object.__hash__

        def __eq__(self, other):
            return self is other

    def images(source, first=0):
        nonlocal most
        for frame in range(150):
            picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8).view(Held)
            alive.add(picture)
            most = max(most, len(alive))
            yield frame, picture

    monkeypatch.setattr(recording, "images_of", images)
    write = background.Mp4Writer.write

    def slowly(*given):
        time.sleep(0.004)
        write(*given)

    monkeypatch.setattr(background.Mp4Writer, "write", slowly)
    assert fit_recording(FitRequest(known.video, tmp_path, meshes=False)).complete
    assert length(tmp_path / "overlay.mp4") == 150
    assert most <= background.WAITING + 4


# Bad requests ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "code", "says"), [
    ({"input": Path("absent.mp4")}, "INPUT_UNREADABLE", "does not exist"),
    ({"gender": "robot"}, "INVALID_GOAL", "neutral, female, male, guess"),
    ({"first": 9, "last": 3}, "INVALID_GOAL", "first <= last"),
    ({"person": -1}, "INVALID_GOAL", "0 for everybody"),
    ({"focal": float("nan")}, "INVALID_GOAL", "focal length"),
    ({"body_model": Path("absent.npz")}, "MODEL_MISSING", "does not exist"),
    ({"prior": Path("absent")}, "MODEL_MISSING", "pose prior"),
    ({"keypoints": Path("absent")}, "INPUT_UNREADABLE", "OpenPose"),
])
def test_bad_requests_are_sentences_with_codes(known, tmp_path, given, code, says):
    report = fit_recording(FitRequest(**{"input": known.video, "output": tmp_path / "out"} | given))
    assert (report.complete, report.error_code) == (False, code)
    assert says in report.message and known.calls == []


def test_a_request_that_came_to_nothing_leaves_the_directory_to_another(known, tmp_path):
    out = tmp_path / "out"
    wrong = tmp_path / "wrong.npz"
    np.savez(wrong, weights=np.zeros(3))
    for given, says in (({"body_model": wrong}, "not a body model"),
                        ({"prior": wrong}, "VPoser")):
        report = fit_recording(FitRequest(known.video, out, **given))
        assert report.error_code == "MODEL_MISSING" and says in report.message
        assert not out.exists()
    nobody, known.tracks[:] = list(known.tracks), []
    assert fit_recording(FitRequest(known.video, out, gender="male")).error_code == "NO_PERSON"
    known.tracks[:] = nobody
    assert fit_recording(FitRequest(known.video, out, meshes=False, overlays=False)).complete


def test_the_users_prior_reaches_the_fit(known, tmp_path, monkeypatch):
    prior = tmp_path / "prior.npz"
    prior.write_bytes(store.shipped(vae.FILE).read_bytes())
    files_seen = []
    fit = known.fit

    def spy(track, body, settings, **others):
        files_seen.append(settings.prior_file)
        return fit(track, body, settings, **others)

    monkeypatch.setattr(recording, "fit", spy)
    request = FitRequest(known.video, tmp_path / "out", prior=prior, meshes=False, overlays=False)
    assert fit_recording(request).complete and files_seen == [prior]
    prior.write_bytes(prior.read_bytes() + b"x")
    report = fit_recording(FitRequest(known.video, tmp_path / "out"))
    assert report.error_code == "INVALID_GOAL" and "another pose prior" in report.message


def test_nobody_in_sight_is_said(known, tmp_path):
    known.tracks.clear()
    report = fit_recording(FitRequest(known.video, tmp_path))
    assert report.error_code == "NO_PERSON" and "Nobody is seen" in report.message


def test_an_output_that_cannot_be_is_said(known, tmp_path):
    (tmp_path / "file").write_text("a file")
    report = fit_recording(FitRequest(known.video, tmp_path / "file"))
    assert report.error_code == "INVALID_GOAL" and "is a file" in report.message
    report = fit_recording(FitRequest(known.video, tmp_path / "file" / "below"))
    assert report.error_code == "INVALID_GOAL" and "cannot be made" in report.message


def test_codes_are_the_actions():
    action = Path(__file__).parents[2] / "action" / "FitMesh.action"
    constants = dict(line.split()[1].split("=") for line in action.read_text().splitlines()
                     if line.startswith("uint8 ") and "=" in line)
    assert {name: int(value) for name, value in constants.items()} \
        == {name: number for number, name in enumerate(CODES)}


# Labels -------------------------------------------------------------------------------------------


def test_labels_stand_in_the_files_and_can_be_changed(known, tmp_path):
    out = tmp_path / "out"
    request = {"meshes": False, "overlays": False}
    assert fit_recording(FitRequest(
        known.video, out, labels={"emotion": "anger"}, **request)).complete
    found, _ = read_parameters(out)
    assert found.labels["emotion"] == "anger"
    assert json.loads((out / "fit.json").read_text())["labels"] == {"emotion": "anger"}
    calls = list(known.calls)
    assert fit_recording(FitRequest(
        known.video, out, labels={"emotion": "fear", "take": "2"}, **request)).complete
    found, _ = read_parameters(out)
    assert found.labels["emotion"] == "fear" and found.labels["take"] == "2"
    assert json.loads((out / "fit.json").read_text())["labels"]["emotion"] == "fear"
    assert known.calls == calls  # nothing was fitted again


def test_a_labelled_fit_is_motion_to_learn_from(known, tmp_path):
    from kinesics_core.importers import body_poses

    out = tmp_path / "angry take"
    fit_recording(FitRequest(known.video, out, labels={"emotion": "anger"}))
    (clip,) = body_poses.read([tmp_path])
    assert clip.labels == {"emotion": "anger"} and clip.name == "angry take"
    found, _ = read_parameters(out)
    np.testing.assert_allclose(clip.rotations[0, 1:], found.body_pose[0], atol=1e-4)
