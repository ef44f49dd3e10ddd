"""CSV of Live Link Face, both ways; times and weights come from formulas."""

from __future__ import annotations

import numpy as np
import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.expression.face_animation import FaceAnimation, resampled
from kinesics_core.expression.live_link import ANGLES, HEADER, SHAPES, csv_text
from kinesics_core.expression.live_link_reader import read_csv
from kinesics_core.expression.timecode import frame_base, parse, timecode
from kinesics_core.skeletons import ARKIT_BLENDSHAPES, BLENDSHAPE_INDEX

GOLDEN_HEADER = (
    "Timecode,BlendshapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,"
    "EyeLookUpLeft,EyeSquintLeft,EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,"
    "EyeLookOutRight,EyeLookUpRight,EyeSquintRight,EyeWideRight,JawForward,JawRight,JawLeft,"
    "JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,MouthSmileLeft,"
    "MouthSmileRight,MouthFrownLeft,MouthFrownRight,MouthDimpleLeft,MouthDimpleRight,"
    "MouthStretchLeft,MouthStretchRight,MouthRollLower,MouthRollUpper,MouthShrugLower,"
    "MouthShrugUpper,MouthPressLeft,MouthPressRight,MouthLowerDownLeft,MouthLowerDownRight,"
    "MouthUpperUpLeft,MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,BrowOuterUpLeft,"
    "BrowOuterUpRight,CheekPuff,CheekSquintLeft,CheekSquintRight,NoseSneerLeft,NoseSneerRight,"
    "TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,"
    "RightEyePitch,RightEyeRoll")
"""As recordings of the app begin, byte for byte."""

O = "0.0000000000"  # noqa: E741
GOLDEN_ROW = ",".join([
    "00:00:01:30.000", "61", "0.2500000000", *[O] * 16, "0.5000000000", *[O] * 33, "0.7500000000",
    "0.3750000000", "0.1250000000", "-0.0625000000",
    "0.2500000000", "-0.1250000000", O, "0.2500000000", "-0.1250000000", O])
"""Written by hand: at 1.5 s the left eye blinks by .25, the jaw opens by .5, the tongue is out by
.75; the head has yaw .375, pitch .125, roll -.0625, the eyes azimuth .25 and elevation .125."""


def animation(rate=60.0, seconds=3.0, start=0.0):
    """Sines of up to 2 Hz, another phase for each of 57 numbers."""
    times = start + np.arange(int(round(seconds * rate)) + 1) / rate
    return FaceAnimation(times - start, *face_at(times - start))


def face_at(times):
    phases = np.arange(57) * 0.7
    waves = 2 * np.pi * np.linspace(0.2, 2.0, 57)
    sines = np.sin(np.asarray(times)[:, None] * waves + phases)
    return [part.astype(np.float32) for part in (
        0.5 + 0.45 * sines[:, :52], 0.3 * sines[:, 52:54], 0.4 * sines[:, 54:])]


def written(tmp_path, text, name="face.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return path


def cells(text):
    return [line.split(",") for line in text.splitlines()]


def joined(rows):
    return "\n".join(",".join(row) for row in rows) + "\n"


def close(read, true, tolerance=1e-4):
    for name, part in true.parts().items():
        np.testing.assert_allclose(read.parts()[name], part, atol=tolerance, err_msg=name)
    np.testing.assert_allclose(read.times, true.times, atol=tolerance)


# The form --------------------------------------------------------------------------------------


def test_a_line_is_as_written_by_hand():
    face = np.zeros((4, 52), np.float32)
    for name, weight in (("eyeBlinkLeft", 0.25), ("jawOpen", 0.5), ("tongueOut", 0.75)):
        face[3, BLENDSHAPE_INDEX[name]] = weight
    gaze, head = np.zeros((4, 2), np.float32), np.zeros((4, 3), np.float32)
    gaze[3], head[3] = (0.25, 0.125), (-0.0625, 0.125, 0.375)
    lines = csv_text(FaceAnimation(np.arange(4) / 2.0, face, gaze, head)).splitlines()
    assert lines[0] == GOLDEN_HEADER
    assert lines[1] == "00:00:00:00.000,61," + ",".join([O] * 61)
    assert lines[4] == GOLDEN_ROW
    assert len(lines) == 5


def test_the_columns_are_all_the_shapes_and_nine_angles():
    assert len(HEADER) == 63 and len(set(HEADER)) == 63
    assert sorted(name.lower() for name in SHAPES) == sorted(
        name.lower() for name in ARKIT_BLENDSHAPES)
    assert HEADER[-9:] == ANGLES


@pytest.mark.parametrize(("seconds", "base", "code"), [
    (0.0, 60, "00:00:00:00.000"), (59.9999999, 60, "00:01:00:00.000"),
    (3661.5, 60, "01:01:01:30.000"), (1 / 48, 60, "00:00:00:01.250"), (0.5, 25, "00:00:00:12.500"),
    (24 * 3600 + 2.0, 60, "00:00:02:00.000")])
def test_timecodes(seconds, base, code):
    assert timecode(seconds, base) == code
    whole, frames = parse(code)
    assert abs((whole + frames / base - seconds + 1) % (24 * 3600) - 1) < 2e-5


@pytest.mark.parametrize("wrong", ["", "1", "0.5", "25:00:00:00", "00:60:00:00", "a:b:c:d", "::::"])
def test_what_is_no_timecode(wrong):
    assert parse(wrong) is None


@pytest.mark.parametrize("base", [24, 25, 30, 50, 60, 100, 120])
@pytest.mark.parametrize("step", [1, 2])
def test_the_frames_of_a_second_are_found_where_a_second_ends(base, step):
    frames = np.arange(7, 7 + 3 * base, step)
    assert frame_base(frames // base, (frames % base).astype(float)) == base


def test_of_a_short_take_the_frame_numbers_decide():
    assert frame_base(np.zeros(20, int), np.arange(20.0)) == 30
    assert frame_base(np.zeros(20, int), np.arange(20.0, 40.0)) == 60
    with pytest.raises(KinesicsError, match="frame number 900"):
        frame_base(np.zeros(2, int), np.array([0.0, 900.0]))


# Both ways -------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [24.0, 25.0, 30.0, 59.94, 60.0, 72.5, 100.0])
@pytest.mark.parametrize("seconds", [0.3, 3.0])
def test_what_is_written_is_read_again(tmp_path, rate, seconds):
    true = animation(rate, seconds)
    take = read_csv(written(tmp_path, csv_text(true)))
    assert take.notes == ()
    close(take.animation, true)
    assert take.animation.rate == pytest.approx(rate, rel=1e-4)


def test_one_frame_is_a_take(tmp_path):
    true = animation(60.0, 0.0)
    close(read_csv(written(tmp_path, csv_text(true))).animation, true)


def test_a_take_goes_on_over_midnight(tmp_path):
    true = animation(30.0, 4.0)
    text = csv_text(true, start=24 * 3600 - 1.5)
    assert "\n23:59:59:58.000," in text and "\n00:00:02:30.000," in text
    close(read_csv(written(tmp_path, text)).animation, true)


def test_the_app_at_30_frames_counts_30(tmp_path):
    true = animation(30.0, 2.0)
    rows = cells(csv_text(true))
    for index, row in enumerate(rows[1:]):
        row[0] = f"11:05:{59 if index < 30 else 0:02d}:{index % 30:02d}.000"
        if index >= 30:
            row[0] = f"11:06:{index // 30 - 1:02d}:{index % 30:02d}.000"
    close(read_csv(written(tmp_path, joined(rows))).animation, true)


# Other rates -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "wanted"), [(60.0, 30.0), (30.0, 60.0), (25.0, 60.0),
                                                (59.94, 24.0), (60.0, 100.0)])
def test_another_rate_follows_the_sine_that_was_sampled(source, wanted):
    at = resampled(animation(source, 4.0), wanted)
    np.testing.assert_allclose(np.diff(at.times), 1 / wanted)
    assert len(at.times) == int(np.floor(4.0 * wanted * (1 + 1e-9))) + 1 or source == 59.94
    inner = (at.times > 2 / source) & (at.times < 4.0 - 3 / source)
    for part, true in zip(at.parts().values(), face_at(at.times), strict=True):
        # Third order: (2 pi 2 Hz / source)^3 / 24 of the amplitude and less.
        bound = (4 * np.pi / source) ** 3 / 12 * 0.5
        np.testing.assert_allclose(part[inner], true[inner], atol=bound)


def test_frames_that_fall_on_frames_keep_their_values():
    true = animation(60.0, 2.0)
    at = resampled(true, 20.0)
    np.testing.assert_allclose(at.blendshapes, true.blendshapes[::3], atol=1e-6)
    same = resampled(true, 60.0)
    np.testing.assert_allclose(same.head, true.head, atol=1e-6)


def test_a_gap_is_a_straight_line_and_a_step_stays_within_0_and_1():
    times = np.array([0.0, 0.1, 0.2, 1.2, 1.3, 1.4])
    shapes = np.zeros((6, 52), np.float32)
    shapes[3:] = 1.0
    at = resampled(FaceAnimation(times, shapes, np.zeros((6, 2)), np.zeros((6, 3))), 20.0)
    np.testing.assert_allclose(at.blendshapes[:, 0], np.clip(at.times - 0.2, 0, 1), atol=1e-6)
    sudden = resampled(FaceAnimation(
        np.arange(6) / 10, shapes, np.zeros((6, 2)), np.zeros((6, 3))), 100.0)
    assert sudden.blendshapes.min() >= 0.0 and sudden.blendshapes.max() <= 1.0


@pytest.mark.parametrize("rate", [0.0, -1.0, np.nan, 1e5])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(KinesicsError, match="wanted more than 0"):
        resampled(animation(), rate)


# Files of other programs and damaged ones -------------------------------------------------------


@pytest.mark.parametrize("change", [
    lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n"),
    lambda text: text.replace("\n", "\n\n"), lambda text: text.replace("BlendshapeCount",
                                                                       "BlendShapeCount"),
    lambda text: text.replace("\n", ",\n"), lambda text: text.replace(",", ";").replace(".", ","),
    lambda text: text.replace(",", "\t"), lambda text: text.encode("utf-16")],
    ids=["BOM", "CRLF", "empty lines", "older header", "trailing comma", "decimal comma", "tabs",
         "UTF-16"])
def test_other_spellings_of_the_file(tmp_path, change):
    true = animation()
    take = read_csv(written(tmp_path, change(csv_text(true))))
    close(take.animation, true)
    assert take.notes == ()


@pytest.mark.parametrize("spell", [
    lambda name: name[0].lower() + name[1:], str.upper,
    lambda name: name.replace("Left", "_L") if name.endswith("Left") else
    name.replace("Right", "_R") if name.endswith("Right") else name,
    lambda name: f"face_lod0.{name}" if name in SHAPES else name, lambda name: f' "{name}" '])
def test_other_spellings_of_the_columns_in_any_order(tmp_path, spell):
    true = animation()
    rows = cells(csv_text(true))
    order = np.random.default_rng(1).permutation(63)
    rows = [[row[place] for place in order] for row in rows]
    rows[0] = [spell(name) for name in rows[0]]
    close(read_csv(written(tmp_path, joined(rows))).animation, true)


def test_missing_columns_are_told_and_stay_zero(tmp_path):
    rows = cells(csv_text(animation()))
    kept = [place for place, name in enumerate(HEADER)
            if name not in ("TongueOut", "JawOpen") and name not in ANGLES]
    rows = [[*(row[place] for place in kept), "7"] for row in rows]
    rows[0][-1] = "Mood"
    take = read_csv(written(tmp_path, joined(rows)))
    assert any("jawOpen, tongueOut" in note for note in take.notes)
    assert any("Mood" in note for note in take.notes)
    assert not take.animation.blendshapes[:, BLENDSHAPE_INDEX["jawOpen"]].any()
    assert not take.animation.head.any()
    # The gaze follows from the shapes of looking.
    assert take.animation.gaze.any()


def test_frames_without_a_face_are_bridged_and_told(tmp_path):
    true = animation(60.0, 3.0)
    rows = cells(csv_text(true))
    for row in rows[31:37]:
        row[1:] = ["0", *[""] * 61]
    rows[50][40] = "nan"
    rows[51][40] = ""
    take = read_csv(written(tmp_path, joined(rows)))
    assert "No face from 0.500 to 0.583 s; bridged by a straight line." in take.notes
    assert any(note.startswith("2 cells hold no number, the first") for note in take.notes)
    first, last = true.blendshapes[29], true.blendshapes[36]
    np.testing.assert_allclose(
        take.animation.blendshapes[29:37], first + np.arange(8)[:, None] / 7 * (last - first),
        atol=1e-5)


def test_frames_that_are_not_there_are_told(tmp_path):
    rows = cells(csv_text(animation(60.0, 3.0)))
    take = read_csv(written(tmp_path, joined(rows[:61] + rows[91:])))
    assert take.notes == ("No frame from 0.983 to 1.500 s; bridged by a straight line.",)
    assert take.animation.duration == pytest.approx(3.0, abs=1e-4)
    assert take.animation.rate == pytest.approx(60.0, abs=1e-2)


def test_a_last_line_that_was_cut_off_and_a_doubled_one_are_left_out(tmp_path):
    text = csv_text(animation())
    rows = cells(text)
    doubled = joined([*rows[:10], rows[9], *rows[10:]])
    take = read_csv(written(tmp_path, doubled[:-200]))
    assert "Line 183 is cut off and left out." in take.notes
    assert any("timecode of the next" in note for note in take.notes)
    assert len(take.animation.times) == 180


def test_calibrated_weights_are_cut_and_degrees_are_turned_to_radians(tmp_path):
    true = animation()
    rows = cells(csv_text(true))
    rows[5][10] = "-0.02"
    for row in rows[1:]:
        row[-9:] = [str(float(np.degrees(float(cell)))) for cell in row[-9:]]
    take = read_csv(written(tmp_path, joined(rows)))
    np.testing.assert_allclose(take.animation.head, true.head, atol=1e-4)
    assert any("degrees" in note for note in take.notes)
    assert any("1 weights outside 0..1" in note for note in take.notes)


def test_eyes_that_turn_the_other_way_than_the_shapes_are_turned_round(tmp_path):
    times = np.arange(120) / 60
    shapes, gaze = np.zeros((120, 52), np.float32), np.zeros((120, 2), np.float32)
    gaze[:, 0] = 0.3 * np.sin(4 * times)
    for name, sign in (("eyeLookOutLeft", 1), ("eyeLookInRight", 1), ("eyeLookInLeft", -1),
                       ("eyeLookOutRight", -1)):
        shapes[:, BLENDSHAPE_INDEX[name]] = np.maximum(sign * gaze[:, 0], 0)
    mirrored = csv_text(FaceAnimation(times, shapes, -gaze, np.zeros((120, 3), np.float32)))
    take = read_csv(written(tmp_path, mirrored))
    np.testing.assert_allclose(take.animation.gaze, gaze, atol=1e-5)
    assert take.notes == ("The eyes' yaw is turned round to agree with the shapes.",)


def swapped(rows, a, b):
    rows[a], rows[b] = rows[b], rows[a]
    return rows


def changed(rows, line, column, value):
    rows[line][column] = value
    return rows


@pytest.mark.parametrize(("spoil", "sentence"), [
    (lambda rows: swapped(rows, 20, 40), "line 22 goes back in time by"),
    (lambda rows: changed(rows, 7, 3, "open"), "line 8: eyeLookDownLeft is 'open'; wanted a num"),
    (lambda rows: changed(rows, 7, 0, "0.5"), "line 8 has the timecode '0.5'; wanted HH:MM:SS"),
    (lambda rows: changed(rows, 7, 3, "43.5"), "line 8: eyeLookDownLeft is 43.5; wanted 0 to 1"),
    (lambda rows: changed(rows, 0, 0, "Time"), "has no column Timecode in its first line"),
    (lambda rows: changed(rows, 0, 4, "jawOpen"), "has two columns of jawOpen"),
    (lambda rows: [*rows[:9], rows[9][:20], *rows[10:]], "line 10 has 20 cells, the header 63"),
    (lambda rows: [[cell[:5] for cell in row] for row in rows], "none of the 52 ARKit shapes|no c"),
    (lambda rows: rows[:1], "has a header and no frame"),
    (lambda rows: [rows[0], *([row[0], "0", *row[2:]] for row in rows[1:])], "no face in any"),
])
def test_what_cannot_be_read_is_a_sentence(tmp_path, spoil, sentence):
    rows = spoil(cells(csv_text(animation())))
    with pytest.raises(KinesicsError, match=sentence):
        read_csv(written(tmp_path, joined(rows)))


@pytest.mark.parametrize(("content", "sentence"), [
    (b"", "is empty"), (b"\n\n\n", "no line with a word"), (b"\xff\xd8\xff\xe0jpeg", "is no text"),
    (b"hello", "none of the 52")])
def test_what_is_no_csv_is_a_sentence(tmp_path, content, sentence):
    with pytest.raises(KinesicsError, match=sentence):
        read_csv(written(tmp_path, content))


def test_a_place_without_a_file_is_a_sentence(tmp_path):
    with pytest.raises(KinesicsError, match="is a folder"):
        read_csv(tmp_path)
    with pytest.raises(KinesicsError, match="does not exist"):
        read_csv(tmp_path / "none.csv")


# The animation ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "sentence"), [
    ({"times": np.array([0.0, 0.0, 1.0])}, "times do not rise"),
    ({"times": np.array([0.0, np.nan, 1.0])}, "times do not rise"),
    ({"times": np.array([0.0, 1.0, 1e6])}, "so cut it"),
    ({"blendshapes": np.zeros((3, 51))}, "blendshapes have the shape"),
    ({"gaze": np.full((3, 2), np.nan)}, "gaze hold nan"),
    ({"times": np.zeros(0), "blendshapes": np.zeros((0, 52)), "gaze": np.zeros((0, 2)),
      "head": np.zeros((0, 3))}, "at least one"),
])
def test_an_animation_that_does_not_fit_is_refused(change, sentence):
    whole = {"times": np.arange(3.0), "blendshapes": np.zeros((3, 52)), "gaze": np.zeros((3, 2)),
             "head": np.zeros((3, 3))}
    with pytest.raises(KinesicsError, match=sentence):
        FaceAnimation(**(whole | change))


def test_a_start_that_is_no_time_of_day_is_refused():
    with pytest.raises(KinesicsError, match="wanted a time of day"):
        csv_text(animation(), start=90000.0)
