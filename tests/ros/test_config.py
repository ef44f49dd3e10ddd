"""The files of config/: every parameter exists and is in range, the rviz view shows our topics."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

pytest.importorskip("rclpy")

from kinesics_core.view.frames import VIEW_FRAME
from kinesics_core.view.scene import PERSON_NAMESPACES
from kinesics_ros.parameter_file import NODES, parameter_file

CONFIG = Path(__file__).resolve().parents[2] / "config"
FILES = sorted(CONFIG.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_parameter_exists_and_is_in_range(path):
    for target, content in yaml.safe_load(path.read_text()).items():
        stage = target.removeprefix("/**/")
        params = {param.name: param for param in NODES[stage].PARAMETERS}
        for name, value in content["ros__parameters"].items():
            assert name in params, f"{stage} has no parameter {name}"
            assert params[name].fault(value) is None, params[name].fault(value)


def test_the_parameter_file_is_made_from_the_settings():
    """Mend it with: python -m kinesics_ros.parameter_file > config/kinesics.yaml"""
    assert (CONFIG / "kinesics.yaml").read_text() == parameter_file()


def test_the_parameter_file_gives_the_defaults():
    """It is the reference users copy, so it must not say anything else than the nodes do."""
    assert len(yaml.safe_load((CONFIG / "kinesics.yaml").read_text())) == len(NODES)
    for target, content in yaml.safe_load((CONFIG / "kinesics.yaml").read_text()).items():
        params = {param.name: param for param in NODES[target.removeprefix("/**/")].PARAMETERS}
        for name, value in content["ros__parameters"].items():
            assert value == params[name].default, f"{target} {name}"


def test_the_rviz_view_shows_what_the_nodes_publish():
    manager = yaml.safe_load((CONFIG / "kinesics.rviz").read_text())["Visualization Manager"]
    displays = {display["Name"]: display for display in manager["Displays"]}
    assert manager["Global Options"]["Fixed Frame"] == VIEW_FRAME
    markers = displays["Markers"]
    assert markers["Topic"]["Value"] == "markers"
    robot = {"robot_body", "robot_hands", "robot_head"}
    assert set(markers["Namespaces"]) == {*PERSON_NAMESPACES, *robot}
    assert displays["Image"]["Topic"]["Value"] == "image_raw"
    assert displays["Robot"]["Description Topic"]["Value"] == "robot_description"
    assert displays["Fitted mesh"]["Topic"]["Value"] == "fitted_mesh"
