from kinesics_core.expression.bench_face import face_step_us


def test_a_step_takes_some_time():
    assert 0.0 < face_step_us(steps=200) < 1e6
