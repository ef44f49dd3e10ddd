from kinesics_core.expression import bench_face
from kinesics_core.expression.bench_face import bench_face as measure


def test_the_cost_of_a_step_is_measured_and_can_be_stopped(monkeypatch):
    monkeypatch.setattr(bench_face, "STEPS", 200)
    (entry,) = measure()
    assert entry["name"] == "express.face_step_us" and entry["value"] > 0.0
    assert measure(lambda: True)[0]["value"] is None
