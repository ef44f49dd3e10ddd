"""package.xml, CMakeLists.txt, pyproject.toml, the pins and the files they speak of agree."""

from __future__ import annotations

import ast
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CMAKE = (ROOT / "CMakeLists.txt").read_text()
PYPROJECT = (ROOT / "pyproject.toml").read_text()
PACKAGE = ElementTree.parse(ROOT / "package.xml").getroot()
INTERFACES = sorted(
    f"{kind}/{file.name}" for kind in ("msg", "srv", "action") for file in (ROOT / kind).iterdir()
)
PROGRAMS = {
    "rosidl_default_runtime": "what the generated interfaces load",
    "ros2launch": "the command `ros2 launch kinesics ...`",
    "ros2bag": "the command `ros2 bag play` on what the recorder wrote",
    "rosbag2_storage_mcap": "the format of those bags, a plugin of rosbag2",
    "rviz2": "bringup.launch.py rviz:=true",
    "robot_state_publisher": "robot.launch.py: where the robot's links are",
}
"""Run-time dependencies that no code imports -> what they are there for."""

PYTHON_KEYS = {"python3-numpy": "numpy", "python3-opencv": "cv2", "python3-pil": "PIL",
               "python3-rich": "rich", "python3-yaml": "yaml"}
"""rosdep key -> the module that it brings."""


def declared(*tags: str) -> set[str]:
    """The packages of package.xml under these tags; of any dependency tag if none is given."""
    return {
        element.text
        for element in PACKAGE
        if element.tag in tags or (not tags and element.tag.endswith("depend"))
    }


def imported(folder: str) -> Iterator[tuple[str, str]]:
    """(file, top-level module) for every absolute import anywhere in the folder's Python files."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            for name in names:
                yield str(file.relative_to(ROOT)), name.partition(".")[0]


def is_ros(module: str) -> bool:
    """Whether a module is one of ROS's, going by the names ROS gives."""
    known = {"rclpy", "cv_bridge", "ament_index_python", "diagnostic_updater", "image_transport"}
    return module in known or re.match(r".*_(msgs|srvs|interfaces)$|(launch|rosbag2|tf2)", module) \
        is not None  # fmt: skip


def test_one_version_everywhere():
    version = PACKAGE.findtext("version")
    assert re.search(r"project\(kinesics VERSION (\S+)", CMAKE)[1] == version
    assert re.search(r'^version = "(.+)"$', PYPROJECT, re.M)[1] == version
    code = (ROOT / "src" / "kinesics_core" / "__init__.py").read_text()
    assert f'__version__ = "{version}"' in code
    assert re.search(rf"^{re.escape(version)} ", (ROOT / "CHANGELOG.rst").read_text(), re.M)


def test_every_interface_file_is_built():
    block = re.search(r"rosidl_generate_interfaces\((.*?)\)", CMAKE, re.S)[1]
    assert sorted(re.findall(r"(?:msg|srv|action)/\w+\.\w+", block)) == INTERFACES


def test_every_package_an_interface_uses_is_found_built_with_and_declared():
    used = set(re.findall(
        r"^(\w+)/\w+(?:\[\d*\])?\s", "".join((ROOT / n).read_text() for n in INTERFACES), re.M
    ))  # fmt: skip
    used.add("action_msgs")
    assert used == {"std_msgs", "geometry_msgs", "builtin_interfaces", "action_msgs"}
    dependencies = re.search(r"DEPENDENCIES (.*?)\n\)", CMAKE, re.S)[1].split()
    assert set(dependencies) == used
    assert set(re.findall(r"find_package\((\w+) REQUIRED\)", CMAKE)) >= used
    assert used <= declared("depend")


def test_cmake_requires_nothing_that_package_xml_does_not_name():
    required = set(re.findall(r"find_package\((\w+) REQUIRED\)", CMAKE))
    assert required <= declared("depend", "buildtool_depend", "build_depend")


@pytest.mark.parametrize("name", INTERFACES)
def test_every_field_is_explained(name):
    """A comment on the field's line or above it; fields that belong together may share one."""
    explained = False
    for line in (ROOT / name).read_text().splitlines():
        if not line.strip():
            explained = False
        elif line.startswith("#"):
            explained = True
        elif line != "---" and "=" not in line.partition("#")[0]:
            explained = explained or "#" in line
            self_explaining = line.split()[1] in ("success", "message", "error_code")
            assert explained or self_explaining, f"{name}: nothing says what '{line}' is"


def test_every_node_has_an_executable_and_every_executable_a_main():
    listed = re.search(r"set\(NODES(.*?)\)", CMAKE, re.S)[1].split()
    files = sorted((ROOT / "src" / "kinesics_ros").glob("*_node.py"))
    assert sorted(listed) == [file.stem for file in files]
    for file in files:
        functions = [n.name for n in ast.parse(file.read_text()).body
                     if isinstance(n, ast.FunctionDef)]  # fmt: skip
        assert "main" in functions, f"{file.name} has no main(), which its executable calls"


def test_every_ros_package_that_is_imported_is_declared():
    for folder in ("src/kinesics_ros", "launch"):
        for file, module in imported(folder):
            if is_ros(module):
                assert module in declared("depend", "exec_depend"), f"{file} imports {module}"
    for file, module in imported("tests"):
        if is_ros(module):
            assert module in declared(), f"{file} imports {module}"


def test_every_run_time_dependency_is_imported_or_a_program():
    used = {module for folder in ("src", "launch") for _, module in imported(folder)}
    named_by_interfaces = {"action_msgs"}
    for key in declared("depend", "exec_depend") - PROGRAMS.keys() - named_by_interfaces:
        assert PYTHON_KEYS.get(key, key) in used, f"nothing imports {key}"
    assert PROGRAMS.keys() <= declared("exec_depend"), "a program that is no longer declared"


def test_the_description_claims_no_hardware_that_was_not_measured():
    """BENCHMARKS.md names what was: x86-64 cores."""
    ours = re.search(r'^description = "(.+)"$', PYPROJECT, re.M)[1]
    assert not re.search(r"Orin|Jetson|GPU|CUDA|aarch64", PACKAGE.findtext("description") + ours)


def test_the_core_knows_no_ros():
    found = [
        (file, module)
        for file, module in imported("src/kinesics_core")
        if is_ros(module) or module == "kinesics"
    ]
    assert found == []


def test_every_python_package_that_is_imported_is_required():
    names = {"cv2": "opencv-contrib-python", "PIL": "pillow", "yaml": "pyyaml"}
    names |= {"rerun": "rerun-sdk", "foxglove": "foxglove-sdk", "sklearn": "scikit-learn",
              "pinocchio": "pin", "pink": "pin-pink", "coal": "pin"}
    ours = {"kinesics", "kinesics_core", "kinesics_ros"}
    required = {name_of(requirement) for requirement in requirements()}
    elsewhere = {"reachy_mini"}  # in an environment of its own, in a process of its own
    for file, module in imported("src"):
        if module not in sys.stdlib_module_names | ours and not is_ros(module) and (
                module not in elsewhere or not file.endswith("reachy_mini_sdk.py")):
            name = names.get(module, name_of(module))
            assert name in required or module == "tomllib", f"{file} imports {module}"


def test_what_a_robot_needs_is_declared_by_its_rosdep_key():
    assert declared() >= {
        "rclpy", "cv_bridge", "launch", "launch_ros", "ros2bag", "rosbag2_storage_mcap",
        "sensor_msgs", "visualization_msgs", "diagnostic_msgs", "lifecycle_msgs", "rviz2",
        "launch_pytest", "launch_testing", "ament_cmake_pytest", *PYTHON_KEYS,
    }  # fmt: skip
    groups = [element.text for element in PACKAGE.iter("member_of_group")]
    assert groups == ["rosidl_interface_packages"]


def requirements() -> list[str]:
    """The requirement lines of pyproject.toml, extras included."""
    start, end = PYPROJECT.index("dependencies = ["), PYPROJECT.index("[project.scripts]")
    lines = [line for line in PYPROJECT[start:end].splitlines() if not line.startswith("#")]
    return re.findall(r'"([A-Za-z][^"]*)"', "\n".join(lines))


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def pins() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_everything_that_is_required_is_pinned():
    assert {name_of(line) for line in requirements()} <= {name_of(line) for line in pins()}


def test_each_pin_names_one_version_for_any_python():
    requirement = pytest.importorskip("packaging.requirements").Requirement
    for minor in (10, 11, 12):
        environment = {"python_version": f"3.{minor}", "platform_machine": "x86_64"}
        valid = [requirement(line) for line in pins()]
        valid = [r for r in valid if r.marker is None or r.marker.evaluate(environment)]
        names = [name_of(r.name) for r in valid]
        assert len(names) == len(set(names))
        for pin in valid:
            assert [s.operator for s in pin.specifier] == ["=="], pin


@pytest.mark.parametrize(
    ("package", "below"),
    [("opencv-contrib-python", (5,)), ("mediapipe", (0, 10, 35)), ("pytest", (8,)),
     ("setuptools", (80,))],
)  # fmt: skip
def test_versions_that_break_are_kept_out(package, below):
    found = [line for line in pins() if name_of(line) == package and "== \"aarch64\"" not in line]
    for line in found:
        version = re.search(r"==([\d.]+)", line)[1]
        assert tuple(int(part) for part in version.split(".")) < below
    assert found
