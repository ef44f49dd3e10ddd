"""The pose network the demo runs with on a machine that only PyPI can be reached from."""

from __future__ import annotations

import pytest

from kinesics_core.assets import store
from kinesics_core.errors import AssetError
from kinesics_ros.commands.demo import obtainable_variant


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """Networks asked for, in order; lite and heavy cannot be had."""
    names = []

    def path(name):
        names.append(name)
        if name != "holistic-full":
            raise AssetError(f"Cannot get {name} from any source.")

    monkeypatch.setattr(store, "path", path)
    return names


def test_what_can_be_had_is_left_to_the_default(monkeypatch):
    monkeypatch.setattr(store, "path", lambda name: None)
    assert obtainable_variant(None) is None
    assert obtainable_variant("heavy") == "heavy"


def test_without_lite_the_demo_goes_on_with_full_and_says_so(asked, capsys):
    assert obtainable_variant(None) == "full"
    assert asked == ["holistic-lite", "holistic-full"]
    said = capsys.readouterr().err
    assert "Cannot get holistic-lite" in said and "'full', which PyPI alone gives" in said


def test_a_choice_is_not_replaced(asked):
    with pytest.raises(AssetError, match="holistic-heavy"):
        obtainable_variant("heavy")


def test_the_footage_of_every_clip_is_in_the_manifest_with_its_licence():
    from kinesics_core.assets import store
    from kinesics_ros.commands.demo import CLIPS

    known = store.catalogue()
    assert set(CLIPS) == {"motion", "feelings"}
    assert all(known[name].licence for names in CLIPS.values() for name in names)
