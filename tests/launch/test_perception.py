"""perception.launch.py: camera and keypoints as two processes."""

from __future__ import annotations

import os
import re
import signal
import threading
import time

import pytest

launch_pytest = pytest.importorskip("launch_pytest")
pytest.importorskip("launch_ros")

pytestmark = pytest.mark.slow


@launch_pytest.fixture
def perception(describe):
    return describe("perception", source="synthetic", markers="true", namespace="eyes")


@pytest.mark.launch(fixture=perception)
def test_people_and_markers_are_published(run, listener):
    from visualization_msgs.msg import MarkerArray

    from kinesics.msg import PersonArray

    seen = listener.messages(PersonArray, "/eyes/persons", 15, seconds=90)
    assert len(seen) >= 15, run.text
    assert any(message.persons for message in seen)
    assert seen[-1].header.frame_id == "camera_optical_frame"
    (array, *_) = listener.messages(MarkerArray, "/eyes/markers", 1)
    assert {marker.ns for marker in array.markers} >= {"skeleton"}
    assert sorted(run.pids) == ["camera_node", "keypoint_node", "marker_node"]
    for name in ("camera", "keypoint", "marker"):
        assert listener.state(f"/eyes/{name}") == "active"


def test_where_nothing_is_started_again_a_death_ends_everything_with_1(describe, run, failing):
    def kill() -> None:
        until = time.monotonic() + 60.0
        while not run.pids.get("keypoint_node") and time.monotonic() < until:
            time.sleep(0.1)
        os.kill(run.pids["keypoint_node"][0], signal.SIGKILL)

    description = describe("perception", source="synthetic", respawn="false")
    threading.Thread(target=kill, daemon=True).start()
    assert re.search(r"keypoint_node-\d+ ended with -9", failing(description))
