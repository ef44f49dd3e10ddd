import json

from kinesics_core import cli
from kinesics_core.expression.gestures import ROBOT_GESTURES
from kinesics_core.view.gesture_sheet import CELL, gesture_sheet


def test_each_gesture_has_two_pictures_and_they_differ():
    chosen = {name: ROBOT_GESTURES[name] for name in ("bow", "wave")}
    told = []
    image = gesture_sheet(chosen, "anger", on_gesture=lambda: told.append(1))
    width, height = CELL
    assert image.shape[1] > 4 * width and height < image.shape[0] < 2 * height
    assert len(told) == 2
    step = image.shape[1] // 4
    cells = [image[:height, i * step : (i + 1) * step].astype(float) for i in range(4)]
    assert abs(cells[0] - cells[2]).mean() > 2.0 < abs(cells[0] - cells[1]).mean()


def test_the_command_lists_converts_and_refuses(tmp_path, capsys):
    assert cli.main(["body", "gestures", "--only", "nod", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["nod"]["seconds"] == 1.3
    part = {"dur": 1.0, "dir": "forward", "lvl": "normal"}
    source, out = tmp_path / "in.json", tmp_path / "out.yaml"
    source.write_text(json.dumps({"give": [{"time": 0, "rwrist": part}]}))
    assert cli.main(
        ["body", "gestures", "--labanotation", str(source), "--out", str(out)]) == 0
    assert "give:" in out.read_text()
    assert cli.main(["body", "gestures", "--only", "moonwalk"]) != 0
    assert "moonwalk" in capsys.readouterr().err
    assert cli.main(["body", "gestures", "--labanotation", str(source)]) != 0
