"""The command line: every command explains itself, faults are one line, start-up is light."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kinesics_core import cli, extras
from kinesics_core.errors import KinesicsError


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main([command, "--help"])
    assert end.value.code == 0
    assert "usage: kinesics" in capsys.readouterr().out


def test_a_fault_is_one_sentence_and_exit_status_1(monkeypatch, capsys):
    from kinesics_core.commands import keypoints

    def fail(args):
        raise KinesicsError("got nothing, wanted an image; give one")

    monkeypatch.setattr(keypoints, "run", fail)
    assert cli.main(["keypoints", "nothing.jpg"]) == 1
    assert capsys.readouterr().err == "kinesics keypoints: got nothing, wanted an image; give one\n"


def test_what_follows_ros_args_goes_to_rclpy(monkeypatch):
    from kinesics_ros.commands import up

    seen = {}
    monkeypatch.setattr(up, "run", lambda args: seen.update(vars(args)) or 0)
    cli.main(["up", "--source", "clip.mp4", "--ros-args", "-p", "camera:rate:=5.0"])
    assert seen["source"] == "clip.mp4"
    assert seen["ros_arguments"] == ["--ros-args", "-p", "camera:rate:=5.0"]


def test_an_unknown_command_lists_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        cli.main(["dance"])
    assert "keypoints" in capsys.readouterr().err


def test_a_text_that_is_not_utf8_is_no_parameter():
    from kinesics_ros.graph_arguments import overrides

    args = cli.parser("up").parse_args(["up", "--source", os.fsdecode(b"caf\xe9.mp4")])
    with pytest.raises(KinesicsError, match="rename the file"):
        overrides(args)


def test_overrides_hold_only_what_was_given():
    from kinesics_ros.graph_arguments import overrides

    args = cli.parser("up").parse_args(["up", "--source", "0", "--no-realtime"])
    assert overrides(args) == {
        "camera": {"source": "0", "realtime": False}, "keypoint": {}, "response": {},
        "retarget": {}, "reachy_mini": {},
    }


def test_a_personality_is_named_on_the_command_line(tmp_path):
    from kinesics_ros.graph_arguments import overrides

    own = tmp_path / "mine.yaml"
    own.write_text("neuroticism: -0.25\n")
    args = cli.parser("up").parse_args(["up", "--personality", str(own), "--policy", "mirror"])
    assert overrides(args)["response"] == {
        "policy": "mirror", "openness": 0.0, "conscientiousness": 0.0, "extraversion": 0.0,
        "agreeableness": 0.0, "neuroticism": -0.25}
    args = cli.parser("up").parse_args(["up", "--personality", "grumpy"])
    with pytest.raises(KinesicsError, match="warm, shy"):
        overrides(args)


def test_the_command_line_imports_no_heavy_library():
    code = (
        "import sys; from kinesics_core import cli; cli.parser()\n"
        "heavy = {'torch', 'mediapipe', 'rclpy', 'rerun', 'onnxruntime', 'cv2'}\n"
        "heavy &= set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, f"imported at start: {done.stderr}"


# What nobody foresaw, and what ends early --------------------------------------------------------


def kinesics(*words, code="", **options):
    """One command in a process of its own; ``code`` runs before it."""
    program = f"import sys\n{code}\nfrom kinesics_core import cli\nsys.exit(cli.main())"
    return subprocess.run([sys.executable, "-c", program, *map(str, words)], text=True,
                          capture_output=True, timeout=120, **options)


def failing(monkeypatch, error):
    from kinesics_core.commands import keypoints

    def fail(args):
        raise error

    monkeypatch.setattr(keypoints, "run", fail)


def test_an_unforeseen_error_is_a_sentence_a_log_and_status_70(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("KINESICS_ASSETS", str(tmp_path))
    failing(monkeypatch, ZeroDivisionError("a person of no height"))
    assert cli.main(["keypoints", "nothing.jpg"]) == 70
    said = capsys.readouterr().err
    (log,) = (tmp_path / "errors").iterdir()
    assert said == (
        "kinesics keypoints: ended by an error that was not foreseen, ZeroDivisionError: a person"
        f" of no height. The details are in {log}; please send that file with a report.\n")
    assert "Traceback" in log.read_text() and "in fail" in log.read_text()


def test_without_a_cache_the_log_is_among_the_temporary_files(monkeypatch, capsys, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("KINESICS_ASSETS", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing(monkeypatch, ValueError())
    assert cli.main(["keypoints", "nothing.jpg"]) == 70
    (log,) = tmp_path.glob("error-*.log")
    assert f"ValueError: no message. The details are in {log};" in capsys.readouterr().err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ImportError("core failed to import")])
def test_an_interrupt_is_one_line_and_status_130_whatever_a_library_makes_of_it(
    monkeypatch, capsys, error
):
    from kinesics_core.commands import keypoints

    def interrupt(args):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            raise error from None

    monkeypatch.setattr(keypoints, "run", interrupt)
    before = signal.getsignal(signal.SIGINT)
    assert cli.main(["keypoints", "nothing.jpg"]) == 130
    assert capsys.readouterr().err == "kinesics keypoints: interrupted\n"
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("place", ["kinesics_core.commands.fit", "numpy", "rclpy"])
def test_ctrl_c_while_it_starts_is_no_traceback(place):
    code = f"""
import importlib.abc, signal
class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {place!r}:
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
"""
    command = "up" if place == "rclpy" else "fit"
    words = (["fit", "none.mp4", "--out", "none"] if command == "fit"
             else ["up", "--source", "synthetic"])
    done = kinesics(*words, code=code)
    assert (done.returncode, done.stderr) == (130, f"kinesics {command}: interrupted\n")


def test_a_reader_that_leaves_ends_a_command_silently():
    code = """
import os
from kinesics_core.commands import keypoints
keypoints.run = lambda args: print("x" * 1_000_000) or 0
"""
    program = f"import sys\n{code}\nfrom kinesics_core import cli\nsys.exit(cli.main())"
    process = subprocess.Popen([sys.executable, "-c", program, "keypoints", "none"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141


def test_a_full_disk_behind_standard_output_is_a_sentence():
    with open("/dev/full", "w") as full:
        program = "import sys; from kinesics_core import cli; sys.exit(cli.main())"
        done = subprocess.run([sys.executable, "-c", program, "assets", "list"], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 1
    assert "could not be written: No space left on device. Make room" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("environment", [{}, {"PYTHONIOENCODING": "ascii"}])
def test_names_that_are_no_text_are_printed(environment):
    code = """
from kinesics_core.commands import keypoints
keypoints.run = lambda args: print(args.source) or 0
"""
    done = kinesics("keypoints", b"caf\xe9.mp4".decode(errors="surrogateescape"), code=code,
                    env={**os.environ, **environment})
    assert (done.returncode, done.stdout) == (0, "caf\\udce9.mp4\n"), done.stderr


# Numbers out of their range ----------------------------------------------------------------------


@pytest.mark.parametrize(("words", "sentence"), [
    ("up --duration 0", "argument --duration: got '0', wanted a number of seconds above 0"),
    ("up --duration nan", "argument --duration: got 'nan', wanted a number of seconds above 0"),
    ("demo --duration -1", "argument --duration: got '-1', wanted a number of seconds above 0"),
    ("view --duration inf", "argument --duration: got 'inf', wanted a number of seconds above 0"),
    ("view --port 70000", "argument --port: got '70000', wanted a whole number from 0 to 65535"),
    ("bench loop --duration soon", "--duration: got 'soon', wanted a number of seconds above 0"),
    ("eval fit --seed -1", "--seed: got '-1', wanted a whole number from 0 to 4294967295"),
    ("eval fit --missing 1.5", "argument --missing: got '1.5', wanted a number from 0 to 1"),
    ("eval fit --frames 1", "argument --frames: got '1', wanted a whole number from 2"),
    ("data synth --out x --seed -1", "--seed: got '-1', wanted a whole number from 0"),
    ("data synth --out x --windows 0", "--windows: got '0', wanted a whole number from 1"),
    ("train forecast --data x --out y --seed -1", "--seed: got '-1', wanted a whole number"),
    ("train prior --data x --out y --seed -1", "--seed: got '-1', wanted a whole number"),
    ("train lifter --data x --out y --lr nan", "argument --lr: got 'nan', wanted a number above 0"),
    ("eval forecast --data x --train --jobs 0", "--jobs: got '0', wanted a whole number from 1"),
])
def test_a_number_out_of_its_range_is_refused_before_the_work(words, sentence, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(words.split())
    assert end.value.code == 2
    assert sentence in capsys.readouterr().err


# Extras ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "hidden", "sentence"), [
    ("fit none.mp4 --out none", "scipy", "Fitting bodies needs scipy, which is not installed. Run:"
     " python3 bootstrap.py --with fit"),
    ("eval fit", "torch", "Fitting bodies needs torch, which is not installed. Run: python3"
     " bootstrap.py --with fit"),
    ("bench fit", "threadpoolctl", "This bench (fit) needs threadpoolctl, which is not installed."
     " Run: python3 bootstrap.py --with fit"),
    ("bench forecast", "onnx", "This bench (forecast) needs onnx, which is not installed. Run:"
     " python3 bootstrap.py --with train"),
    ("train forecast --data none --out none", "torch", "Training needs torch, which is not"
     " installed. Run: python3 bootstrap.py --with train"),
    ("train prior --data none --out none", "sklearn", "Training needs sklearn, which is not"
     " installed. Run: python3 bootstrap.py --with train"),
    ("eval forecast --data none --train", "torch matplotlib", "This evaluation needs matplotlib"
     " and torch, which are not installed. Run: python3 bootstrap.py --with train"),
    ("eval pretraining --data none --pretrain none --out none", "torch", "This evaluation needs"
     " torch, which is not installed. Run: python3 bootstrap.py --with train"),
    ("view --save none.rrd", "rerun", "The live view needs rerun, which is not installed. Run:"
     " python3 bootstrap.py --with view"),
    ("body build --out none", "anny", "Building the open body needs anny, which is not installed."
     " Run: python3 bootstrap.py --with body"),
])
def test_a_missing_extra_is_named(words, hidden, sentence, tmp_path):
    pytest.importorskip("torch")
    every = {name for modules in extras.EXTRAS.values() for name in modules}
    # What this machine lacks counts as there, so that the sentence names the hidden ones alone.
    code = "import importlib.machinery, importlib.util\n" + "".join(
        f"sys.modules[{name!r}] = None\n" for name in hidden.split())
    code += f"""
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: (
    find(name) if name in {hidden.split()!r} or name not in {every!r}
    else importlib.machinery.ModuleSpec(name, None))
"""
    done = kinesics(*words.split(), code=code, cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert done.stderr.strip().endswith(f": {sentence}")
    assert list(tmp_path.iterdir()) == []


def test_the_modules_of_an_extra_are_those_of_its_packages():
    from importlib.metadata import packages_distributions

    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text()
    brought = packages_distributions()
    for extra, modules in extras.EXTRAS.items():
        (packages,) = re.findall(rf"^{extra} = \[([^\]]*)\]", text, re.MULTILINE)
        names = {re.split("[=<>]", name)[0] for name in re.findall(r'"([^"]+)"', packages)}
        names -= {"example-robot-data"}  # descriptions alone, no module
        assert len(names) == len(modules), extra
        for module in modules:
            if module in brought:  # installed here
                assert names & {*brought[module]}, (extra, module)


@pytest.mark.parametrize("words", [
    ["fit", "", "--out", "out"], ["data", "import", "bvh", "", "--out", "out"],
    ["data", "import", "video", " ", "--out", "out"], ["data", "info", ""],
    ["data", "recover", ""],
])  # fmt: skip
def test_an_empty_source_is_not_the_folder_one_stands_in(words, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(words)
    assert end.value.code == 2
    assert "wanted a path" in capsys.readouterr().err


def test_an_empty_source_of_keypoints_is_a_sentence(capsys):
    assert cli.main(["keypoints", ""]) == 1
    assert "Got '', which does not exist" in capsys.readouterr().err
