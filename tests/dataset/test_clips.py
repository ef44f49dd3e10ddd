import json

import numpy as np
import pytest

from kinesics_core.cli import main
from kinesics_core.commands.data_info import describe
from kinesics_core.dataset.clips import Clip, Dataset, Info, Writer, read_statistics
from kinesics_core.errors import KinesicsError

INFO = Info("made", ("a", "b"), licence="CC0", command="make it")


def clip(name, frames=40, rate=30.0, speed=0.0, **labels):
    """Two keypoints a metre apart, of which both move along x at ``speed`` m/s."""
    keypoints = np.zeros((frames, 2, 3), np.float32)
    keypoints[:, 1, 1] = 1
    keypoints[..., 0] = (speed * np.arange(frames) / rate)[:, None]
    return Clip(name, "made", name, rate, keypoints, labels)


def write(path, clips, info=INFO):
    with Writer(path, info) as writer:
        for one in clips:
            if not writer.has(one.name):
                writer.add(one)


class Killed(BaseException):
    """What no except clause of ours catches."""


def test_what_is_written_is_read_in_order_of_name(tmp_path):
    clips = [clip("b", 50, 24.0, style="old"), clip("a", 3, style="young", person="1")]
    clips[1].keypoints[1, 0] = np.nan
    write(tmp_path / "d", clips)
    dataset = Dataset(tmp_path / "d")
    assert [one.name for one in dataset] == ["a", "b"] and dataset.info == INFO
    for one, wanted in zip(dataset, clips[::-1], strict=True):
        assert (one.rate, one.labels, one.group) == (wanted.rate, wanted.labels, wanted.group)
        np.testing.assert_array_equal(one.keypoints, wanted.keypoints)
    assert dataset.labels("style") == ["young", "old"]
    assert dataset.lengths() == [(3, 30.0), (50, 24.0)]
    with pytest.raises(KinesicsError, match=r"1 of 2 clips have no label 'person'.*person, style"):
        dataset.labels("person")


def test_pixels_keep_the_size_of_their_image(tmp_path):
    info = Info("flat", ("a",), dimensions=2)
    write(tmp_path / "d", [Clip("x", "s", "g", 25.0, np.ones((2, 1, 2)), size=(640, 480))], info)
    [one] = Dataset(tmp_path / "d")
    assert one.size == (640, 480) and Dataset(tmp_path / "d").info.unit == "pixels"


@pytest.mark.parametrize("file", ["clips.jsonl", "keypoints.f32"])
def test_a_kill_at_any_byte_costs_the_clip_in_hand_only(tmp_path, file):
    """Whatever of the last clip reached the disk, the next run ends with the same dataset."""
    clips = [clip(name, 6, style="grün") for name in ("a", "b", "c")]
    write(tmp_path / "whole", clips)
    with pytest.raises(Killed), Writer(tmp_path / "killed", INFO) as writer:
        writer.add(clips[0])
        writer.add(clips[1])
        raise Killed
    paths = {name: tmp_path / "killed" / name for name in ("clips.jsonl", "keypoints.f32")}
    saved = {name: path.read_bytes() for name, path in paths.items()}
    last = saved["clips.jsonl"].index(b"\n") + 1 if file == "clips.jsonl" else 6 * 2 * 3 * 4
    for end in range(last, len(saved[file]) + 1):
        for name, data in saved.items():
            paths[name].write_bytes(data)
        paths[file].write_bytes(saved[file][:end])
        with pytest.raises(Killed), Writer(tmp_path / "killed", INFO) as writer:
            assert writer.has("a") and writer.has("b") == (end == len(saved[file]))
            assert len(writer) == 1 + writer.has("b")
            if not writer.has("b"):
                writer.add(clips[1])
            raise Killed
    write(tmp_path / "killed", clips)
    for name in (*saved, "statistics.json", "info.json"):
        assert (tmp_path / "killed" / name).read_bytes() == \
            (tmp_path / "whole" / name).read_bytes()


def test_an_interrupted_dataset_says_so(tmp_path):
    with pytest.raises(Killed), Writer(tmp_path / "d", INFO) as writer:
        writer.add(clip("a", speed=2.0))
        raise Killed
    with pytest.raises(KinesicsError, match=r"not complete.*\(make it\)"):
        Dataset(tmp_path / "d")
    description = describe(tmp_path / "d")
    assert description["complete"] is False and description["clips"] == 1
    assert len(Dataset(tmp_path / "d", partial=True)) == 1


def test_a_failure_before_the_first_clip_leaves_nothing(tmp_path):
    with pytest.raises(ValueError), Writer(tmp_path / "d", INFO):
        raise ValueError
    assert not (tmp_path / "d").exists()


def test_what_cannot_be_written_is_refused(tmp_path):
    write(tmp_path / "d", [clip("a")])
    with pytest.raises(KinesicsError, match="already a complete dataset"):
        Writer(tmp_path / "d", INFO)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    with pytest.raises(KinesicsError, match="not empty and not a dataset"):
        Writer(tmp_path / "mine", INFO)
    with pytest.raises(KinesicsError, match="cannot be made"), \
            Writer(tmp_path / "mine" / "thesis.tex" / "d", INFO):
        pass
    with Writer(tmp_path / "e", INFO) as writer:
        writer.add(clip("a"))
        with pytest.raises(KinesicsError, match="unique names"):
            writer.add(clip("a"))
        with pytest.raises(KinesicsError, match=r"\(5, 3, 3\).*\(frames, 2, 3\)"):
            writer.add(Clip("b", "", "", 30.0, np.zeros((5, 3, 3))))
        for rate in (0.0, np.nan, -1.0):
            with pytest.raises(KinesicsError, match="rate"):
                writer.add(clip("b", rate=rate) if rate else Clip("b", "", "", 0.0,
                                                                  np.zeros((5, 2, 3))))
        with pytest.raises(KinesicsError, match="another process"), Writer(tmp_path / "e", INFO):
            pass
    with pytest.raises(Killed), Writer(tmp_path / "f", INFO) as writer:
        writer.add(clip("a"))
        raise Killed
    with pytest.raises(KinesicsError, match=r"other settings \(licence\)"):
        Writer(tmp_path / "f", Info("made", ("a", "b"), licence="MIT", command="make it"))


def test_a_full_disk_is_a_sentence_and_keeps_what_is_there(tmp_path, monkeypatch):
    with pytest.raises(KinesicsError, match="No space left.*run the same command again"), \
            Writer(tmp_path / "d", INFO) as writer:
        writer.add(clip("a"))

        def full(data):
            raise OSError(28, "No space left on device")
        monkeypatch.setattr(writer, "_index", type("Full", (), {
            "write": staticmethod(full), "fileno": writer._index.fileno,
            "__enter__": lambda self: self, "__exit__": lambda self, *_: None})())
        writer.add(clip("b"))
    monkeypatch.undo()
    write(tmp_path / "d", [clip("a"), clip("b")])
    assert [one.name for one in Dataset(tmp_path / "d")] == ["a", "b"]


@pytest.mark.parametrize("damage, sentence", [
    (lambda d: (d / "info.json").unlink(), "not a dataset"),
    (lambda d: (d / "info.json").write_text("{"), "not the description"),
    (lambda d: (d / "info.json").write_text('{"format": "other"}'), "not the description"),
    (lambda d: (d / "info.json").write_text(
        (d / "info.json").read_text().replace('"version": 1', '"version": 9')), "version 9"),
    (lambda d: (d / "keypoints.f32").write_bytes(b"1234"), "cut off: it has 4 bytes"),
    (lambda d: (d / "keypoints.f32").unlink(), "cut off: it has 0 bytes"),
    (lambda d: (d / "clips.jsonl").write_text("{}\n"), "line 1, does not describe a clip"),
    (lambda d: (d / "clips.jsonl").write_text(
        (d / "clips.jsonl").read_text().replace('"offset": 0', '"offset": NaN')),
     "line 1, does not describe a clip .* frames at nan"),
    (lambda d: (d / "clips.jsonl").write_text("[]\n"), "line 1, does not describe a clip"),
    (lambda d: (d / "clips.jsonl").write_text("nonsense\n"), "line 1, does not describe a clip"),
    (lambda d: (d / "clips.jsonl").write_text("[" * 100_000 + "\n"), "line 1, does not describe"),
    (lambda d: (d / "info.json").write_text("[" * 100_000), "is not the description"),
])
def test_a_damaged_dataset_is_a_sentence(tmp_path, damage, sentence):
    write(tmp_path / "d", [clip("a")])
    damage(tmp_path / "d")
    with pytest.raises(KinesicsError, match=sentence):
        Dataset(tmp_path / "d")


def test_statistics_of_a_known_dataset(tmp_path):
    """Two keypoints 1 m apart lie 0.5 m from their centre: 2 m/s are 4 body sizes a second."""
    clips = [clip("a", 61, 30.0, speed=2.0, style="x"), clip("b", 120, 60.0, style="y"),
             clip("c", 1, style="x")]
    clips[1].keypoints[30:60, 0] = np.nan
    write(tmp_path / "d", clips)
    numbers = read_statistics(tmp_path / "d")
    assert (numbers["clips"], numbers["frames"]) == (3, 182)
    assert numbers["seconds"] == pytest.approx(61 / 30 + 2 + 1 / 30, abs=0.01)
    assert numbers["labels"] == {"style": {"x": 2, "y": 1}}
    assert numbers["rates"] == {"30": 2, "60": 1}
    assert numbers["speed"]["max"] == pytest.approx(4, abs=0.01) and numbers["speed"]["min"] == 0
    assert numbers["missing"] == {"a": pytest.approx(30 / 182, abs=1e-4), "b": 0}
    (tmp_path / "d" / "statistics.json").unlink()
    assert read_statistics(tmp_path / "d") == numbers


@pytest.mark.parametrize("text", [
    "", "[]", "{}", '{"clips": 1}', "\0", "[" * 100_000, '{"clips": NaN', "null"])
def test_damaged_statistics_are_made_anew(tmp_path, text):
    write(tmp_path / "d", [clip("a", 61, 30.0, style="x")])
    whole = read_statistics(tmp_path / "d")
    (tmp_path / "d" / "statistics.json").write_text(text)
    assert read_statistics(tmp_path / "d") == whole


def test_windows_are_counted_at_30_hz(tmp_path):
    write(tmp_path / "d", [clip("short", 89), clip("just", 90), clip("fast", 4 * 119 + 1, 120.0),
                           clip("slow", 60, 15.0)])
    description = describe(tmp_path / "d")
    # fast is 120 frames at 30 Hz and so 31 windows, 3 of them 15 frames apart; slow is 119.
    assert description["windows"] == {"1": 1 + 31 + 30, "15": 1 + 3 + 2}
    assert description["clips_without_a_window"] == 1


def test_info_prints_a_table_and_json(tmp_path, capsys):
    from kinesics_core.cli import main

    info = Info("made", ("a", "b"), command="import '(?P<x>[^_]+)'", licence="CC0")
    write(tmp_path / "d", [clip("a", style="bold"), clip("b", style="shy")], info)
    assert main(["data", "info", str(tmp_path / "d")]) == 0
    text = capsys.readouterr().out
    assert all(word in text for word in ("CC0", "bold 1, shy 1", "[^_]+", "at step 15"))
    assert main(["data", "info", str(tmp_path / "d"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == {"style": {"bold": 1, "shy": 1}}
    assert main(["data", "info", str(tmp_path)]) == 1
    assert "is not a dataset" in capsys.readouterr().err


def test_a_label_of_many_numbers_is_told_as_a_range_and_of_many_names_in_part(tmp_path, capsys):
    write(tmp_path / "d", [
        clip(f"{i:02}", valence=f"{i / 100 - 0.2:.2f}", who=f"w{i}") for i in range(40)])
    assert main(["data", "info", str(tmp_path / "d")]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "label valence -0.2 to 0.19, 40 values" in text
    assert "w0 1," in text and "and 10 more" in text


def test_damaged_keypoints_are_a_sentence(tmp_path):
    """Bytes behind the array are left alone, a cut or a flipped bit is said."""
    with Writer(tmp_path / "d", Info("d", dimensions=2, origin="made", command="none")) as writer:
        still = np.full((9, 17, 2), 7.0, np.float32)
        writer.add(Clip("one", "d", "one", 30.0, still, {}, (64, 48)))
    file = tmp_path / "d" / "keypoints.f32"
    whole = file.read_bytes()
    file.write_bytes(whole + b"xyz")
    np.testing.assert_array_equal(Dataset(tmp_path / "d")[0].keypoints, 7.0)
    file.write_bytes(whole[:-3])
    with pytest.raises(KinesicsError, match="is cut off"):
        Dataset(tmp_path / "d")
    file.write_bytes(np.float32(1e21).tobytes() + whole[4:])
    with pytest.raises(KinesicsError, match="clip one of .* has a keypoint at 1e.21"):
        Dataset(tmp_path / "d")[0]
