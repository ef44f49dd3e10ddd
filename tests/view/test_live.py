"""The live view writes what it was shown, on this machine and nowhere else."""

import sys
from pathlib import Path

import numpy as np
import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.types import Moment
from kinesics_core.view import rerun_viewer
from kinesics_core.view.live import LiveView
from kinesics_core.view.overlay import head_top

rerun = pytest.importorskip("rerun")


def entities(path):
    """Entity path -> number of rows in an .rrd file."""
    from rerun.chunk import RrdReader

    rows = {}
    for chunk in RrdReader(path).stream().to_chunks():
        rows[chunk.entity_path] = rows.get(chunk.entity_path, 0) + chunk.num_rows
    return rows


def test_a_recording_holds_every_part_of_every_image(tmp_path, scene):
    path = tmp_path / "deep" / "live.rrd"
    with LiveView("file", path=path) as view:
        for index in range(6):
            view.show(scene.moment(index))
    rows = entities(path)
    for entity in ("/camera/image", "/camera/person_1/skeleton", "/camera/person_1/left_hand",
                   "/camera/forecast_1", "/body/person_1", "/blendshapes/person",
                   "/blendshapes/robot"):
        assert rows[entity] == 6, entity
    assert rows["/robot/picture"] == 3
    assert rows["/blendshapes/person/picture"] == rows["/blendshapes/robot/picture"] == 3
    # What does not move of the mesh is one more row.
    assert rows["/robot/body/mesh"] == 4
    # The curves' look is one more row.
    assert rows["/affect/valence"] == rows["/affect/arousal"] == 7
    assert rows["/response"] == 1


def test_a_name_is_written_above_the_head_and_in_the_picture(tmp_path, scene):
    from rerun.chunk import RrdReader

    path, moment = tmp_path / "live.rrd", scene.moment(0)
    with LiveView("file", path=path, robot=False) as view:
        view.show(moment)
    (chunk,) = (chunk for chunk in RrdReader(path).stream().to_chunks()
                if chunk.entity_path == "/camera/person_1/id")
    (((_, height),),) = chunk.to_record_batch().column("Points2D:positions").to_pylist()
    scale = np.full(2, moment.frame.image.shape[0] / moment.people.height)
    above = head_top(moment.people.persons[0], scale)
    assert 0.0 <= height <= max(above[1] - 12.0, 0.0)


def test_who_leaves_is_cleared(tmp_path, scene):
    path = tmp_path / "live.rrd"
    with LiveView("file", path=path, robot=False) as view:
        view.show(scene.moment(0))
        empty = scene.moment(1)
        empty.people.persons = []
        view.show(Moment(empty.frame, empty.people))
        view.show(Moment(empty.frame))
    rows = entities(path)
    # Shown once, cleared once.
    assert rows["/camera/person_1"] == rows["/camera/forecast_1"] // 2 == 1
    assert rows["/camera/image"] == 3


def test_unknown_values_are_left_out(tmp_path, scene):
    moment = scene.moment()
    person = moment.people.persons[0]
    person.coco[:] = np.nan
    person.pose_world = None
    person.left_hand = None
    person.blendshapes = np.full(52, np.nan, np.float32)
    moment.forecasts[0].keypoints[:] = np.nan
    moment.affects[0].valence = np.nan
    path = tmp_path / "live.rrd"
    with LiveView("file", path=path) as view:
        view.show(moment)
    rows = entities(path)
    assert rows["/affect/valence"] == 1 and rows["/affect/arousal"] == 2
    assert "/body/person_1" not in rows


def test_web_page_is_served_on_loopback_and_ends_with_the_view(scene):
    def listeners(port):
        found = []
        for table in ("/proc/net/tcp", "/proc/net/tcp6"):
            for line in Path(table).read_text().splitlines()[1:]:
                address, state = line.split()[1], line.split()[3]
                host, number = address.split(":")
                if state == "0A" and int(number, 16) == port:
                    found.append(host)
        return found

    port = rerun_viewer.free_port()
    with LiveView("web", port=port) as view:
        assert view.open
        assert view.url.startswith(f"http://127.0.0.1:{port}/")
        view.show(scene.moment())
        if sys.platform == "linux":
            assert listeners(port) == ["0100007F"]
    assert rerun_viewer.is_free(port)


def test_a_taken_port_is_named():
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(KinesicsError, match=f"Port {port} is taken"):
            LiveView("web", port=port)


def test_no_display_points_to_the_other_ways(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(KinesicsError, match="--web or --save"):
        LiveView("native")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [({"mode": "hologram"}, "native, web, file, got 'hologram'"),
     ({"mode": "file"}, "needs the path"), ({"mode": "web", "port": 70000}, "got 70000")],
)
def test_wrong_arguments(arguments, said):
    with pytest.raises(KinesicsError, match=said):
        LiveView(**arguments)


def test_a_missing_rerun_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(KinesicsError, match="bootstrap.py --with view"):
        LiveView("file", path=tmp_path / "live.rrd")


def test_a_recording_that_is_cut_is_said(tmp_path, scene, monkeypatch):
    path = tmp_path / "live.rrd"
    view = LiveView("file", path=path, robot=False)
    view.show(scene.moment(0))
    disconnect = view._recording.disconnect

    def cut():
        disconnect()
        path.write_bytes(path.read_bytes()[:-100])

    monkeypatch.setattr(view._recording, "disconnect", cut)
    view.close()
    assert view.fault.startswith(f"{path} could not be written whole, 1 images were shown")


def test_a_whole_recording_has_no_fault(tmp_path, scene):
    with LiveView("file", path=tmp_path / "live.rrd", robot=False) as view:
        view.show(scene.moment(0))
    assert view.fault is None
    assert [entry.name for entry in tmp_path.iterdir()] == ["live.rrd"]


def test_a_full_disk_at_the_start_is_a_sentence():
    with pytest.raises(KinesicsError, match="/dev/full could not be written"):
        LiveView("file", path="/dev/full", robot=False)
