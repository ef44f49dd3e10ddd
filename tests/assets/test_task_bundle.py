"""A bundle is the same bytes whenever and in whatever order it is made."""

from __future__ import annotations

from kinesics_core.assets.task_bundle import task_bundle


def test_a_bundle_does_not_depend_on_order_or_time():
    assert task_bundle({"b": b"2", "a": b"1"}) == task_bundle({"a": b"1", "b": b"2"})
