"""No default, range, choice or meaning of a setting is written a second time."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kinesics_core import cli
from kinesics_core.camera import Lens
from kinesics_core.expression.animator import ExpressionConfig
from kinesics_core.expression.performance import PerformanceConfig
from kinesics_core.fitting.server_config import MeshFitConfig
from kinesics_core.fitting.settings import Settings as FitSettings
from kinesics_core.mind.personality import Personality
from kinesics_core.mind.policy_config import PolicyConfig
from kinesics_core.motion.runtime import ForecastConfig
from kinesics_core.perception.config import CameraConfig, KeypointConfig
from kinesics_core.recording.config import RecorderConfig
from kinesics_core.settings import settings_of
from kinesics_core.view.markers import MarkerConfig

ROOT = Path(__file__).resolve().parents[1]
CONFIGS = (
    CameraConfig, KeypointConfig, PolicyConfig, Personality, ExpressionConfig, RecorderConfig,
    MeshFitConfig, MarkerConfig, Lens, ForecastConfig, FitSettings, PerformanceConfig,
)  # fmt: skip
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LAUNCH = sorted((ROOT / "launch").glob("*.launch.py"))

COMMON = {
    "source", "width", "height", "rate", "loop", "realtime", "seed", "hold", "margin", "duration",
    "distance", "queue", "prior", "bag", "topics", "policy", "smoothing", "body_model", "model",
    "gender", "mirror",
}
"""Names that mean other things elsewhere; a default of theirs is not taken for the setting's."""

SETTINGS = {setting.name: setting for config in CONFIGS for setting in settings_of(config)}
OWN_NAMES = SETTINGS.keys() - COMMON


def nodes(file: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(file.read_text()))


def literal(node: ast.AST | None) -> object:
    """The value of a literal; None for what is computed."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        return None


def restated_choices(file: Path) -> Iterator[str]:
    """Where the choices of a setting stand as a literal."""
    known = {frozenset(setting.choices) for setting in SETTINGS.values() if setting.choices}
    for node in nodes(file):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            found = literal(node)
            if found and all(isinstance(entry, str) for entry in found) and set(found) in known:
                yield f"{file.relative_to(ROOT)}:{node.lineno} {', '.join(sorted(found))}"


def restated_defaults(file: Path) -> Iterator[str]:
    """Arguments of functions and options that repeat the default of a setting of their name."""
    for node in nodes(file):
        pairs: list[tuple[str, ast.AST | None]] = []
        if isinstance(node, ast.FunctionDef):
            given = [*node.args.posonlyargs, *node.args.args]
            pairs = [(a.arg, d) for a, d in
                     zip(given[::-1], node.args.defaults[::-1], strict=False)]
            pairs += [(a.arg, d) for a, d in
                      zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            flag = str(literal(node.args[0]) if node.args else "").lstrip("-").replace("-", "_")
            pairs = [(flag, word.value) for word in node.keywords if word.arg == "default"]
        for name, default in pairs:
            if name in OWN_NAMES and default is not None \
                    and literal(default) == SETTINGS[name].default:
                yield f"{file.relative_to(ROOT)}:{node.lineno} {name}"


def restated_ranges(file: Path) -> Iterator[str]:
    """Comparisons ``low <= x <= high`` of something called like a setting with its bounds."""
    for node in nodes(file):
        if isinstance(node, ast.Compare) and len(node.ops) == 2:
            middle = node.comparators[0]
            name = getattr(middle, "attr", getattr(middle, "id", ""))
            bounds = literal(node.left), literal(node.comparators[1])
            if name in SETTINGS and bounds == SETTINGS[name].bounds:
                yield f"{file.relative_to(ROOT)}:{node.lineno} {name}"


def test_choices_stand_once_in_the_code():
    places: dict[str, list[str]] = {}
    for file in SOURCES:
        for found in restated_choices(file):
            place, _, choices = found.partition(" ")
            places.setdefault(choices, []).append(place)
    assert "full, heavy, lite" in places
    assert {choices: where for choices, where in places.items() if len(where) > 1} == {}


def test_no_function_and_no_option_repeats_a_default():
    assert [place for file in SOURCES for place in restated_defaults(file)] == []


def test_no_code_repeats_a_range():
    assert [place for file in SOURCES for place in restated_ranges(file)] == []


def test_parameters_are_made_of_settings_alone():
    """Nothing declares a parameter, or makes a setting, but the module that is for it."""
    found = {
        (getattr(node.func, "attr", None) or getattr(node.func, "id", ""), file.name)
        for file in SOURCES for node in nodes(file) if isinstance(node, ast.Call)
    }
    assert {file for name, file in found if name == "declare_parameter"} == {"parameters.py"}
    assert {file for name, file in found if name == "Setting"} == {"settings.py"}


@pytest.mark.parametrize(("text", "find"), [
    ("SIZES = ['heavy', 'lite', 'full']", restated_choices),
    ("def f(n, *, variant: str = 'lite'): ...", restated_defaults),
    ("def f(jpeg_quality=85): ...", restated_defaults),
    ("p.add_argument('--min-confidence', type=float, default=0.5)", restated_defaults),
    ("ok = 10 <= args.horizontal_fov <= 170", restated_ranges),
])  # fmt: skip
def test_what_is_repeated_is_found(tmp_path, monkeypatch, text, find):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    file = tmp_path / "module.py"
    file.write_text(text)
    assert list(find(file))


def options(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from options(inner)
        else:
            yield action


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_the_options_of_a_command_are_the_settings(command):
    """What is called like a setting takes its choices and says its range."""
    for action in options(cli.parser(command)):
        setting = SETTINGS.get(action.dest)
        if setting is None or action.dest in COMMON - {"policy"}:
            continue
        if setting.others:  # the config that takes the value checks it
            assert action.choices is None and setting.others in action.help, action.dest
        elif setting.choices:
            assert action.choices is setting.choices, action.dest
        if setting.bounds:
            assert setting.range in action.help, action.dest


def arguments(file: Path) -> Iterator[tuple[str, list[str] | None, str]]:
    """Name, choices and description of the arguments that a launch file declares."""
    for node in nodes(file):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "DeclareLaunchArgument":
            words = {word.arg: literal(word.value) for word in node.keywords}
            yield literal(node.args[0]), words.get("choices"), words["description"]


@pytest.mark.parametrize("file", LAUNCH, ids=lambda file: file.name)
def test_launch_arguments_say_what_the_settings_say(file):
    """A launch file runs where the package may not import, so that it repeats; here it is held."""
    for name, choices, description in arguments(file):
        named = [setting for config in CONFIGS for setting in settings_of(config)
                 if setting.name == name]  # the camera's rate and that of the poses are two
        if not named:
            continue
        abouts = [setting.about.partition("; empty:")[0] for setting in named]
        said = [description.startswith(about) for about in abouts]
        assert any(said), f"{name}: {description!r} is not one of {abouts!r}"
        setting = named[said.index(True)]
        if setting.others:
            assert choices is None and all(word in description for word in setting.choices), name
        elif setting.choices:
            assert choices == ["", *setting.choices], name
