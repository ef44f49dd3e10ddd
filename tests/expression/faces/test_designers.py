"""Beside what animators put into ARKit's shapes for the same words.

The numbers are statistics, the mean direction of presets of a word from 26 public repositories (11
to 25 a word) and of 20 others that were found when the faces had been authored (7 to 18 a word;
docs/faces.md, "Emotion to face"), scaled so that the largest is 1; shapes below .05 are left out,
one-sided contempt is turned to the person's left. The units of our prototypes are EMFACS's.
"""

import numpy as np
import pytest

from kinesics_core.affect.emotions import EMOTIONS, NEUTRAL
from kinesics_core.expression.faces import face_of_emotion
from kinesics_core.skeletons import BLENDSHAPE_INDEX

MEAN_DIRECTIONS = {
    "happiness": {"mouthSmile": 1.0, "cheekSquint": 0.57, "eyeSquint": 0.32, "mouthDimple": 0.14,
                  "browInnerUp": 0.08, "browOuterUp": 0.06, "mouthPress": 0.05},
    "anger": {"browDown": 1.0, "noseSneer": 0.48, "eyeSquint": 0.40, "mouthPress": 0.38,
              "jawForward": 0.15, "mouthFrown": 0.10, "mouthShrugLower": 0.09,
              "cheekSquint": 0.05},
    "surprise": {"eyeWide": 1.0, "browInnerUp": 0.84, "browOuterUp": 0.67, "jawOpen": 0.64,
                 "mouthFunnel": 0.17},
    "sadness": {"mouthFrown": 1.0, "browInnerUp": 0.87, "browDown": 0.19, "eyeLookDown": 0.17,
                "mouthShrugLower": 0.13, "eyeSquint": 0.11, "mouthLowerDown": 0.10,
                "jawForward": 0.06, "mouthRollLower": 0.05},
    "disgust": {"noseSneer": 1.0, "mouthUpperUp": 0.41, "browDown": 0.35, "mouthShrugUpper": 0.19,
                "eyeSquint": 0.18, "mouthFrown": 0.15, "mouthLowerDown": 0.09,
                "cheekSquint": 0.06},
    "contempt": {"mouthSmileLeft": 1.0, "mouthDimpleLeft": 0.56, "browDownRight": 0.21,
                 "noseSneer": 0.17, "cheekSquintLeft": 0.18, "mouthLeft": 0.14, "eyeSquint": 0.11,
                 "mouthDimpleRight": 0.08, "mouthPressRight": 0.08, "mouthSmileRight": 0.05},
    "fear": {"browInnerUp": 1.0, "eyeWide": 0.96, "mouthStretch": 0.41, "browOuterUp": 0.23,
             "jawOpen": 0.23, "browDown": 0.05},
}


FOUND_LATER = {
    "happiness": {"mouthSmile": 1.0, "cheekSquint": 0.53, "eyeSquint": 0.23, "mouthDimple": 0.09,
                  "browInnerUp": 0.05, "mouthUpperUp": 0.05},
    "anger": {"browDown": 1.0, "eyeSquint": 0.38, "noseSneer": 0.33, "mouthPress": 0.26,
              "mouthFrown": 0.15},
    "surprise": {"eyeWide": 1.0, "browInnerUp": 0.89, "browOuterUp": 0.72, "jawOpen": 0.47,
                 "mouthFunnel": 0.1},
    "sadness": {"mouthFrown": 1.0, "browInnerUp": 0.88, "browDown": 0.13, "eyeSquint": 0.11,
                "eyeLookDown": 0.07, "mouthLowerDown": 0.05, "mouthShrugLower": 0.05},
    "disgust": {"noseSneer": 1.0, "mouthUpperUp": 0.69, "browDown": 0.35, "mouthFrown": 0.17,
                "eyeSquint": 0.09},
    "fear": {"browInnerUp": 1.0, "eyeWide": 0.85, "browOuterUp": 0.28, "mouthStretch": 0.23,
             "jawOpen": 0.18, "mouthFrown": 0.15, "mouthLowerDown": 0.06, "mouthFunnel": 0.05},
}


def weights(shapes):
    face = np.zeros(len(BLENDSHAPE_INDEX))
    for name, value in shapes.items():
        for place in [name] if name in BLENDSHAPE_INDEX else [name + "Left", name + "Right"]:
            face[BLENDSHAPE_INDEX[place]] = value
    return face


def cosine(one, other):
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


@pytest.mark.parametrize(("designers", "word"), [
    *(("first", word) for word in MEAN_DIRECTIONS), *(("later", word) for word in FOUND_LATER)])
@pytest.mark.parametrize("intensity", [0.5, 0.8, 1.0])
def test_a_face_is_nearest_to_its_own_word(designers, word, intensity):
    theirs = weights((MEAN_DIRECTIONS if designers == "first" else FOUND_LATER)[word])
    likeness = [cosine(face_of_emotion(emotion, intensity), theirs) for emotion in range(NEUTRAL)]
    assert EMOTIONS[int(np.argmax(likeness))] == word
    assert max(likeness) > 0.85


@pytest.mark.parametrize("emotion", range(NEUTRAL))
def test_each_word_is_nearest_to_its_own_face(emotion):
    ours = face_of_emotion(emotion, 0.8)
    words = {word: cosine(ours, weights(shapes)) for word, shapes in MEAN_DIRECTIONS.items()}
    assert max(words, key=words.get) == EMOTIONS[emotion]
