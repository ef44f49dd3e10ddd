"""The setup script: what it asks of a machine, what it says, what it does again and what not."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "bootstrap.py")
bootstrap = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bootstrap)

JAZZY = bootstrap.Ros("jazzy", "/usr/bin/python3")


def everything(name: str) -> str:
    return f"/usr/bin/{name}"


# --- the machine ---------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 11, 2), (3, 12, 1)])
def test_the_pythons_of_the_wheels_are_accepted(version):
    assert bootstrap.python_problem(version, None) is None


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 13, 0), (3, 14, 0)])
def test_another_python_is_refused_by_name_with_what_to_do(version):
    sentence = bootstrap.python_problem(version, None)
    assert f"Python 3.{version[1]}" in sentence
    assert "3.10, 3.11 or 3.12" in sentence
    assert "apt-get install" in sentence


def test_a_ros_installation_may_bring_a_newer_python():
    assert bootstrap.python_problem((3, 14, 0), JAZZY) is None
    assert "3.9" in bootstrap.python_problem((3, 9, 18), JAZZY)


def test_the_wheels_are_for_x86_64_and_a_sourced_ros_is_not_bound_to_it():
    assert bootstrap.platform_problem("Linux", "x86_64", None) is None
    assert "aarch64" in bootstrap.platform_problem("Linux", "aarch64", None)
    assert bootstrap.platform_problem("Linux", "aarch64", JAZZY) is None
    assert "Darwin" in bootstrap.platform_problem("Darwin", "arm64", JAZZY)


def test_a_complete_machine_has_no_problem(tmp_path):
    (tmp_path / "Python.h").touch()
    assert bootstrap.tool_problems("python3.11", everything, lambda _: True, tmp_path) == []


def test_each_missing_tool_is_named_with_its_package(tmp_path):
    found = bootstrap.tool_problems("python3.11", lambda _: None, lambda _: False, tmp_path)
    assert [sentence.rsplit(maxsplit=1)[-1] for sentence in found] == [
        "build-essential", "python3.11-venv", "python3.11-dev",
    ]  # fmt: skip


def test_a_missing_system_library_is_named_with_its_package():
    def load(name):
        if name != "libGL.so.1":
            raise OSError(f"{name}: cannot open shared object file")

    sentence = bootstrap.library_problem(load)
    assert "libEGL.so.1" in sentence
    assert "libGL.so.1" not in sentence
    assert sentence.endswith("sudo apt-get install libegl1 libgles2 libglib2.0-0")
    assert bootstrap.library_problem(lambda _: None) is None


def test_a_disk_that_is_too_full_is_said_in_gigabytes():
    needed = bootstrap.FREE_MB["base"] + bootstrap.FREE_MB["train"]
    assert bootstrap.disk_problem(needed, ["train", "base"]) is None
    sentence = bootstrap.disk_problem(needed - 1, ["train", "base"])
    assert f"needs {needed / 1000:.1f} GB" in sentence


def test_cmake_and_ninja_come_from_pypi_only_where_the_machine_has_none_or_too_old():
    assert bootstrap.build_tools(everything, "cmake version 3.25.1") == []
    assert bootstrap.build_tools(everything, "cmake version 4.0.2") == []
    assert bootstrap.build_tools(everything, "cmake version 3.18.4") == ["cmake"]
    assert bootstrap.build_tools(lambda _: None, "") == ["cmake", "ninja"]


# --- ROS -----------------------------------------------------------------------------------------


def test_without_ros_sourced_the_wheels_are_used():
    assert bootstrap.detect_ros({}, lambda _: True, ["python3"]) is None
    assert bootstrap.detect_ros({"ROS_DISTRO": ""}, lambda _: True, ["python3"]) is None


@pytest.mark.parametrize("distro", ["jazzy", "kilted", "lyrical"])
def test_a_sourced_ros_is_used_with_the_first_python_that_imports_rclpy(distro):
    pythons = ["/opt/other/python3", "/usr/bin/python3"]
    ros = bootstrap.detect_ros({"ROS_DISTRO": distro}, lambda p: p == pythons[1], pythons)
    assert ros == (distro, "/usr/bin/python3")


def test_another_ros_is_refused_by_name():
    with pytest.raises(bootstrap.SetupError, match="ROS humble is sourced.*jazzy, kilted, lyrical"):
        bootstrap.detect_ros({"ROS_DISTRO": "humble"}, lambda _: True, ["python3"])


def test_a_ros_without_rclpy_says_what_to_install():
    with pytest.raises(bootstrap.SetupError, match="ros-jazzy-ros-base"):
        bootstrap.detect_ros({"ROS_DISTRO": "jazzy"}, lambda _: False, ["python3"])


def test_what_ros_brings_is_left_as_it_is():
    pins = "# why\nnumpy==2.4.6\nopencv-contrib-python==4.14.0.94\nrich==15.0.0\nmcap==1.6.0\n"
    beside = bootstrap.constraints_beside({"numpy": "1.26.4", "rich": "13.7.1"}, pins)
    assert beside.split() == ["opencv-contrib-python<5", "mcap==1.6.0", "numpy==1.26.4"]


def test_another_environment_of_the_user_does_not_reach_into_ours(tmp_path):
    polluted = {
        "PATH": "/usr/bin", "HOME": "/home/a", "VIRTUAL_ENV": "/other", "PYTHONPATH": "/other/lib",
        "LD_LIBRARY_PATH": "/other/lib", "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1",
    }  # fmt: skip
    clean = bootstrap.environment(polluted, tmp_path, None)
    assert clean["HOME"] == "/home/a"
    assert clean["PATH"] == f"{tmp_path}/bin:/usr/bin"
    assert clean["VIRTUAL_ENV"] == clean["AMENT_PREFIX_PATH"] == str(tmp_path)
    assert not {"PYTHONPATH", "LD_LIBRARY_PATH", "_ROS_WHEELS_BOOTSTRAP_COMPLETE"} & set(clean)


def test_a_sourced_ros_stays_in_the_environment(tmp_path):
    sourced = {"PYTHONPATH": "/opt/ros/jazzy/lib/python3.12/site-packages", "PATH": "/usr/bin"}
    sourced["AMENT_PREFIX_PATH"] = "/opt/ros/jazzy"
    kept = bootstrap.environment(sourced, tmp_path, JAZZY)
    assert kept["AMENT_PREFIX_PATH"] == "/opt/ros/jazzy"
    assert kept["PYTHONPATH"] == sourced["PYTHONPATH"]


# --- the paths the wheels export -----------------------------------------------------------------

EXPORTED = """\
set_target_properties(std_msgs::std_msgs__rosidl_generator_py PROPERTIES
  INTERFACE_INCLUDE_DIRECTORIES "${_IMPORT_PREFIX}/include/std_msgs;\
/opt/python/cp311-cp311/include/python3.11;\
/opt/python/cp311-cp311/lib/python3.11/site-packages/numpy/_core/include"
  INTERFACE_LINK_LIBRARIES "std_msgs::std_msgs__rosidl_generator_c"
)
"""


def test_exported_paths_are_mended_once(tmp_path):
    export = tmp_path / "std_msgs" / "cmake" / "export_std_msgs__rosidl_generator_pyExport.cmake"
    other = tmp_path / "std_msgs" / "cmake" / "std_msgsConfig.cmake"
    export.parent.mkdir(parents=True)
    export.write_text(EXPORTED)
    other.write_text("set(std_msgs_FOUND TRUE)\n")

    assert bootstrap.mend_cmake_paths(tmp_path, "/py/include", "/np/include") == 1
    assert export.read_text() == EXPORTED.replace(
        "/opt/python/cp311-cp311/include/python3.11", "/py/include"
    ).replace(
        "/opt/python/cp311-cp311/lib/python3.11/site-packages/numpy/_core/include", "/np/include"
    )
    assert bootstrap.mend_cmake_paths(tmp_path, "/py/include", "/np/include") == 0
    assert other.read_text() == "set(std_msgs_FOUND TRUE)\n"


def test_an_earlier_build_is_taken_out_and_nothing_else(tmp_path):
    ours = [
        "lib/libkinesics__rosidl_generator_c.so",
        "lib/kinesics/camera_node",
        "lib/python3.11/site-packages/kinesics/msg/__init__.py",
        "share/kinesics/package.xml",
        "share/ament_index/resource_index/packages/kinesics",
    ]
    others = [
        "lib/libstd_msgs__rosidl_generator_c.so",
        "lib/python3.11/site-packages/kinesics_environment.py",
        "lib/python3.11/site-packages/kinesics-0.1.0.dist-info/RECORD",
        "share/ament_index/resource_index/packages/std_msgs",
    ]
    for name in ours + others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    bootstrap.remove_interfaces(tmp_path)
    left = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert left == set(others)


# --- doing nothing twice -------------------------------------------------------------------------


def test_a_linked_environment_is_not_emptied(tmp_path):
    """It is another checkout's, whose work it would end."""
    (tmp_path / "other").mkdir()
    kept = tmp_path / "other" / "kept"
    kept.touch()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".venv").symlink_to(tmp_path / "other")
    with pytest.raises(bootstrap.SetupError, match="is a link to .*other, the environment"):
        bootstrap.set_up(tmp_path / "mine", ["test"], None)
    assert kept.exists()


def test_the_digest_sees_contents_names_and_context(tmp_path):
    (tmp_path / "msg").mkdir()
    (tmp_path / "msg" / "A.msg").write_text("uint8 a\n")
    (tmp_path / "package.xml").write_text("<package/>")
    inputs = ["package.xml", "msg"]
    seen = {bootstrap.digest(tmp_path, inputs, "wheels")}
    assert bootstrap.digest(tmp_path, inputs, "wheels") in seen

    seen.add(bootstrap.digest(tmp_path, inputs, "ros jazzy"))
    (tmp_path / "msg" / "A.msg").write_text("uint8 b\n")
    seen.add(bootstrap.digest(tmp_path, inputs, "wheels"))
    (tmp_path / "msg" / "A.msg").rename(tmp_path / "msg" / "B.msg")
    seen.add(bootstrap.digest(tmp_path, inputs, "wheels"))
    assert len(seen) == 4


def test_a_stamp_survives_and_a_broken_one_counts_as_none(tmp_path):
    file = tmp_path / "stamp.json"
    assert bootstrap.read_stamp(file) == {}
    bootstrap.write_stamp(file, {"packages": "abc", "extras": ["ros"]})
    assert bootstrap.read_stamp(file) == {"packages": "abc", "extras": ["ros"]}
    assert list(tmp_path.iterdir()) == [file]
    file.write_text('{"packages": "ab')
    assert bootstrap.read_stamp(file) == {}


def test_only_missing_extras_are_installed_and_all_anew_when_the_pins_change():
    stamp = {"packages": "abc", "extras": ["colcon", "ros", "test"]}
    assert bootstrap.missing_extras(stamp, "abc", ["ros", "colcon"]) == set()
    assert bootstrap.missing_extras(stamp, "abc", ["ros", "train"]) == {"train"}
    assert bootstrap.missing_extras(stamp, "xyz", ["ros"]) is None
    assert bootstrap.missing_extras({}, "abc", ["ros"]) is None


@pytest.fixture
def machine(tmp_path):
    """A machine that notes what is installed, and has no ROS of its own."""

    class Machine:
        ros = None
        venv = work = tmp_path
        log = bootstrap.Log(tmp_path / "log")
        installed: list[tuple[str, ...]] = []

        def install(self, *arguments):
            self.installed.append(arguments)

        def _replace(self, log):
            return self

    return Machine()


def test_what_would_break_the_others_is_installed_without_what_it_asks_for(machine):
    """human-body-prior asks for an OpenCV that would overwrite ours."""
    bootstrap.install_extras(machine, {"vposer", "fit", "test"})
    together, alone = machine.installed
    assert {"torch", "mypy"} <= {*together} and "--no-deps" not in together
    for arguments in (together, alone):
        assert str(ROOT / "constraints.txt") in arguments
    assert "--no-deps" in alone and "configer" not in together
    assert alone[-4:] == ("configer", "human-body-prior==0.8.5", "torchgeometry==0.1.2", "trimesh")


@pytest.mark.parametrize(
    ("todo", "anew", "build", "steps"),
    [
        ({"ros", "colcon", "view"}, True, "anew", "kinesics hook prepare anew view compile noted"),
        ({"ros", "colcon"}, True, "", "kinesics hook compile noted"),
        ({"view"}, False, "", "view compile noted"),
        ({"view"}, False, "changed", "prepare changed view compile noted"),
        (None, False, "changed", "prepare changed"),
    ],
)
def test_only_what_the_interfaces_need_is_waited_for(
    todo, anew, build, steps, machine, monkeypatch
):
    done = []
    for name, say in {
        "install_kinesics": lambda _, extras: "kinesics",
        "install_hook": lambda _: "hook",
        "prepare_build": lambda _: "prepare",
        "build_interfaces": lambda _, anew: "anew" if anew else "changed",
        "install_extras": lambda _, extras: " ".join(extras),
        "compile_modules": lambda _: "compile",
    }.items():
        monkeypatch.setattr(bootstrap, name, lambda *args, say=say: done.append(say(*args)))
    bootstrap.install_and_build(machine, todo, anew, build, lambda: done.append("noted"))
    first, beside = (
        [step for step in done if (step == build) == chosen] for chosen in (False, True)
    )
    assert first == [step for step in steps.split() if step != build]
    assert beside == [build] * bool(build)
    if build:
        assert done.index(build) > done.index("prepare")


def test_of_two_things_at_once_both_end_before_a_failure_is_told(tmp_path):
    log = bootstrap.Log(tmp_path / "log")
    done = []

    def fail():
        raise bootstrap.SetupError("no network")

    with pytest.raises(bootstrap.SetupError, match="no network"):
        bootstrap.side_by_side(fail, lambda: done.append("built"), log)
    with pytest.raises(bootstrap.SetupError, match="no network"):
        bootstrap.side_by_side(lambda: done.append("installed"), fail, log)
    assert done == ["built", "installed"]


def test_an_interruption_ends_what_runs_beside(tmp_path):
    log = bootstrap.Log(tmp_path / "log")
    started = tmp_path / "started"
    code = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)"

    def interrupt():
        while not started.exists():
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bootstrap.side_by_side(
            interrupt, lambda: log.run([sys.executable, "-c", code], os.environ), log
        )


def test_every_extra_is_one_of_the_package():
    pyproject = (ROOT / "pyproject.toml").read_text()
    for extra in bootstrap.EXTRAS:
        assert bootstrap.requirements_of(extra, pyproject)
    with pytest.raises(bootstrap.SetupError, match="no extra nonsense"):
        bootstrap.requirements_of("nonsense", pyproject)


def test_what_an_interrupted_pip_left_is_installed_again(tmp_path):
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    for name, files in {"done-1.0": ["METADATA", "RECORD"], "cut_off-2.1": ["METADATA"]}.items():
        (site / f"{name}.dist-info").mkdir(parents=True)
        for file in files:
            (site / f"{name}.dist-info" / file).touch()
    assert bootstrap.forget_incomplete(tmp_path) == ["cut_off"]
    assert [p.name for p in site.iterdir()] == ["done-1.0.dist-info"]


# --- what is said when a step fails --------------------------------------------------------------


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("NewConnectionError: [Errno -3] Temporary failure in name resolution", "network"),
        ("ERROR: [Errno 28] No space left on device", "disk is full"),
        ("c++: fatal error: Killed signal terminated program cc1plus", "memory"),
        ("ERROR: No matching distribution found for ros-jazzy-rclpy", "pinned versions"),
        ("ImportError: libfoo.so.0: cannot open shared object file: No such file", "apt-file"),
        ("something else altogether", ""),
    ],
)
def test_known_failures_are_explained(output, said):
    assert said in bootstrap.advice(output)
    assert bool(bootstrap.advice(output)) == bool(said)


def test_a_failing_command_shows_its_last_lines_and_where_the_rest_is(tmp_path, capsys):
    log = bootstrap.Log(tmp_path / "logs" / "setup.log")
    code = "import sys; [print('line', i) for i in range(40)]; sys.exit(3)"
    with pytest.raises(bootstrap.SetupError) as failure, bootstrap.Step("packages"):
        log.run([sys.executable, "-c", code], os.environ)
    sentence = str(failure.value)
    assert "status 3" in sentence
    assert "line 39" in sentence
    assert "line 3\n" not in sentence
    assert str(tmp_path / "logs" / "setup.log") in sentence
    assert "line 0\n" in (tmp_path / "logs" / "setup.log").read_text()
    assert capsys.readouterr().out == "  packages ... failed\n"


def test_an_unknown_extra_is_refused_with_those_there_are():
    done = subprocess.run(
        [sys.executable, ROOT / "bootstrap.py", "--with", "rerun"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "got --with rerun; there are: fit, train, view, test" in done.stderr


@pytest.mark.parametrize("words", [
    ["--with", "fit,view"], ["--with", "fit", "--with", "view"],
    ["--with", "fit, view,", "--with", "fit"]])
def test_extras_may_be_named_together_or_one_by_one(words, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "switch_python", lambda ros: None)
    monkeypatch.setattr(bootstrap, "set_up", lambda root, extras, ros: seen.extend(extras))
    monkeypatch.setattr(bootstrap.signal, "signal", lambda *_: None)
    assert bootstrap.main(words) == 0
    assert seen == ["fit", "view"]
