from kinesics_core.expression.bench_body import bodies


def test_bodies_take_some_time():
    found = bodies(steps=180)
    assert set(found) == {"poses_per_s", "next_pose_ms", "next_pose_p99_ms", "meshes_per_s",
                          "objs_per_s"}
    assert all(0.0 < value < 1e9 for value in found.values())
    assert found["next_pose_ms"] <= found["next_pose_p99_ms"]
    assert found["objs_per_s"] < found["meshes_per_s"]
