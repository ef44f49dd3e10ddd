"""Settings: what a config's fields know of themselves, refuse, and give to a command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import pytest

from kinesics_core.errors import KinesicsError, ModelError
from kinesics_core.settings import (
    Setting,
    add_option,
    check,
    from_values,
    same_as,
    setting,
    settings_of,
)


@dataclass(frozen=True)
class Lamp:
    colour: str = setting("red", "Colour of the light", choices=("red", "green", "blue"))
    power: float = setting(5.0, "Electric power", unit="W", bounds=(0.5, 60.0), live=True)
    flashes: int = setting(1, "Flashes at the start", bounds=(0, 10**6))
    dimmed: bool = setting(False, "Dim it at night")
    steady: bool = setting(True, "No flicker; false: it flickers with the mains")
    rooms: list[str] = setting(["hall"], "Rooms it lights")
    owner: str = "nobody"

    def __post_init__(self) -> None:
        check(self, ModelError)


@dataclass(frozen=True)
class Torch:
    power: float = same_as(Lamp, "power")


def test_settings_are_the_fields_made_with_it_in_order():
    names = [known.name for known in settings_of(Lamp)]
    assert names == ["colour", "power", "flashes", "dimmed", "steady", "rooms"]
    (power,) = settings_of(Lamp, "power")
    assert (power.default, power.unit, power.bounds, power.live) == (5.0, "W", (0.5, 60.0), True)
    assert [known.name for known in settings_of(Lamp, "flashes", "colour")] == ["flashes", "colour"]


def test_a_setting_of_two_dataclasses_is_the_same():
    assert settings_of(Torch) == settings_of(Lamp, "power")


def test_a_list_is_each_config_s_own():
    assert Lamp().rooms == ["hall"] and Lamp().rooms is not Lamp().rooms


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"colour": "gren"}, "colour = 'gren', wanted one of red, green, blue; did you mean 'gre"),
        ({"colour": 3}, "colour = 3, wanted text"),
        ({"power": 61.0}, "power = 61.0, wanted 0.5 to 60 W"),
        ({"power": 0.49}, "power = 0.49, wanted 0.5 to 60 W"),
        ({"power": float("nan")}, "power = nan, wanted 0.5 to 60 W"),
        ({"flashes": 10**6 + 1}, "flashes = 1000001, wanted 0 to 1000000"),
        ({"flashes": 1.0}, "flashes = 1.0, wanted a whole number"),
        ({"flashes": True}, "flashes = True, wanted a whole number"),
        ({"dimmed": 1}, "dimmed = 1, wanted true or false"),
        ({"rooms": "hall"}, "rooms = 'hall', wanted a list of texts"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_what_was_wanted(values, sentence):
    with pytest.raises(ModelError) as refused:
        Lamp(**values)
    assert sentence in str(refused.value)


def test_bounds_are_allowed_and_whole_numbers_stand_for_floats():
    assert Lamp(power=60).power == 60 and Lamp(power=0.5, flashes=0).flashes == 0


def test_a_config_is_made_of_the_values_it_knows():
    assert from_values(Lamp, {"power": 7.0, "autostart": True, "owner": "me"}) == Lamp(power=7.0)


def parsed(*arguments: str, **own):
    parser = argparse.ArgumentParser()
    for known in settings_of(Lamp):
        if known.name != "rooms":
            add_option(parser, known, **own)
    return vars(parser.parse_args(arguments)), parser.format_help()


def test_options_have_the_settings_defaults_types_and_words():
    values, text = parsed()
    assert values == {
        "colour": "red", "power": 5.0, "flashes": 1, "dimmed": False, "steady": True}  # fmt: skip
    words = " ".join(text.split())
    assert "--colour {red,green,blue}" in words
    assert "electric power (0.5 to 60 W, default: 5.0)" in words
    assert "--no-steady it flickers with the mains" in words
    values, _ = parsed("--power", "7", "--dimmed", "--no-steady")
    assert (values["power"], values["dimmed"], values["steady"]) == (7.0, True, False)


def test_options_may_leave_the_default_to_a_file():
    values, text = parsed(default=None)
    assert set(values.values()) == {None} and "default" not in text


def test_an_option_refuses_what_its_setting_does(capsys):
    with pytest.raises(SystemExit):
        parsed("--colour", "pink")
    assert "invalid choice: 'pink'" in capsys.readouterr().err


def test_no_setting_is_refused_by_its_own_rule():
    for known in settings_of(Lamp):
        assert known.fault(known.default) is None
    with pytest.raises(KinesicsError):
        Lamp(power=-1)


def test_a_setting_with_others_takes_any_text_and_says_which(capsys):
    known = Setting("way", "auto", "How", choices=("auto", "mirror"), others="a file")
    assert known.fault("mine.yaml") is None and known.fault(3) is not None
    assert known.allowed("mirrorr") == "one of auto, mirror, or a file; did you mean 'mirror'?"
    parser = argparse.ArgumentParser()
    add_option(parser, known)
    assert parser.parse_args(["--way", "mine.yaml"]).way == "mine.yaml"
    parser.print_help()
    assert "or a file" in capsys.readouterr().out
