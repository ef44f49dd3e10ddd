"""A face that holds an expression over a body that says nothing: the face is believed, and stays.

The face's own reading is the measure: within .6 s of the moment it names an emotion, the fused
reading names the same, and it does so for as long as the face does.
"""

import numpy as np
import pytest

from kinesics_core.affect.emotions import (
    ANGER,
    EMOTIONS,
    FEAR,
    HAPPINESS,
    NEUTRAL,
    SADNESS,
    SURPRISE,
)
from kinesics_core.affect.face import FaceReader
from kinesics_core.affect.facs import EMFACS, au_to_blendshapes
from kinesics_core.affect.reader import AffectReader
from kinesics_core.types import Affect, People

SECOND = 1_000_000_000
RATE = 15
LATEST = 0.6
REST = np.zeros(52, np.float32)


def held(emotion, with_network):
    """A person's face: blendshapes of the prototype, and what networks would say of it."""
    units = next((units for shown, units in EMFACS if shown == emotion), None)
    shapes = REST if units is None else au_to_blendshapes(
        {unit: 0.9 * size for unit, size in units.items()})
    said = np.full(8, 0.03, np.float32)
    said[emotion] += 1.0 - said.sum()
    return shapes, said if with_network else None


def body_at(frame, how, coco):
    if how == "strolling":
        step = np.sin(2 * np.pi * 0.9 * frame / RATE)
        coco[[9, 16], 0] += 12.0 * step
        coco[[10, 15], 0] -= 12.0 * step
    coco[:, :2] += np.random.default_rng(frame).normal(0.0, 0.7, (17, 2))


@pytest.mark.parametrize(("how", "with_network"), [
    ("still", True), ("still", False), ("strolling", True), ("network says neutral", True)])
@pytest.mark.parametrize("emotion", [HAPPINESS, ANGER, SURPRISE, SADNESS, FEAR])
def test_the_fused_reading_agrees_with_a_held_face_and_stays(
    make_person, emotion, with_network, how
):
    face, reader = FaceReader(), AffectReader()
    alone, fused = [], []
    for frame in range(RATE * 6):
        shown = emotion if frame >= 2 * RATE else NEUTRAL
        shapes, said = held(shown, with_network)
        stamp = frame * SECOND // RATE
        person = make_person(face=shapes)
        body_at(frame, how, person.coco)
        person.expression, person.expression_stamp = said, stamp
        if how == "network says neutral":
            calm = np.full(8, 0.01, np.float32)
            calm[NEUTRAL] = 0.93
            reader.add_body_readings([Affect(stamp, 1, calm, 0.0, 0.0, 0.0, 0.4, "network")])
        alone.append(int(face.update(person, stamp).categories.argmax()))
        fused.append(int(reader.update(People(stamp, 640, 480, [person]))[0].categories.argmax()))
    named = np.array(alone) == emotion
    if not named[-RATE:].all():
        assert not with_network
        return  # rules alone do not see this face
    first = int(np.flatnonzero(~named)[-1]) + 1  # from here on the face alone names it
    assert first / RATE - 2.0 < 1.0
    agreed = np.array(fused) == emotion
    assert agreed[first + int(LATEST * RATE):].all(), EMOTIONS[fused[-1]]
