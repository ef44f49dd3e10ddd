"""Jobs on a Ray cluster: nothing lost and nothing done twice when a machine of it dies."""

from __future__ import annotations

import os
import threading
import time

import pytest

from kinesics_core.errors import KinesicsError
from kinesics_core.jobs import local as jobs
from kinesics_core.jobs import ray as cluster


def work(settings, inputs, report):
    """Says when it begins and ends, and takes a while."""
    import ray

    me = f"{settings['x']} {ray.get_runtime_context().get_node_id()}\n"
    with open(inputs["began"], "a") as file:
        file.write(me)
    time.sleep(settings["seconds"])
    if settings["x"] == 13:
        raise KinesicsError("Got 13; wanted a lucky number.")
    with open(inputs["ended"], "a") as file:
        file.write(me)
    return {"square": settings["x"] ** 2, "threads": os.environ["OMP_NUM_THREADS"]}


def make(values, tmp_path, seconds=0.1):
    return [jobs.Job(f"square of {x}", work, {"x": x, "seconds": seconds},
                     {name: str(tmp_path / name) for name in ("began", "ended")}) for x in values]


@pytest.fixture(scope="module")
def machines():
    """Two machines with a core each; both are this one."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    ray.cloudpickle.register_pickle_by_value(__import__(__name__, fromlist=["work"]))
    here = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    here.add_node(num_cpus=1)
    yield here
    ray.shutdown()
    here.shutdown()


@pytest.mark.slow
def test_a_machine_that_dies_loses_nothing_and_what_was_done_is_not_done_again(machines, tmp_path):
    log = {name: tmp_path / name for name in ("began", "ended")}
    doomed = machines.list_all_nodes()[-1]

    def kill():
        until = time.monotonic() + 60.0
        while time.monotonic() < until:
            if log["began"].exists() and doomed.node_id in log["began"].read_text():
                time.sleep(0.3)
                machines.remove_node(doomed, allow_graceful=False)
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    outcomes = cluster.run(
        make([2, 13, 3, 4], tmp_path, 3.0), tmp_path / "kept", machines.address)
    killer.join()
    assert [o.result and o.result["square"] for o in outcomes] == [4, None, 9, 16]
    assert outcomes[0].result["threads"] == "1"
    assert "lucky number" in outcomes[1].error
    ended = sorted(line.split()[0] for line in log["ended"].read_text().splitlines())
    assert ended == ["2", "3", "4"]  # each to its end once
    began = [line.split()[0] for line in log["began"].read_text().splitlines()]
    assert len(began) == 5  # only the one that died with its machine began again
    again = cluster.run(make([2, 3, 4], tmp_path, 3.0), tmp_path / "kept", machines.address)
    assert all(outcome.reused for outcome in again)
    assert len(log["began"].read_text().splitlines()) == 5


def test_no_cluster_is_said(tmp_path):
    pytest.importorskip("ray")
    with pytest.raises(KinesicsError, match="No Ray cluster answers at 'nowhere:1'"):
        cluster.run(make([1], tmp_path), tmp_path, "nowhere:1")


def test_without_ray_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(KinesicsError, match=r"bootstrap.py --with cluster"):
        cluster.run(make([1], tmp_path), tmp_path, "auto")


def test_what_is_kept_needs_no_cluster(tmp_path):
    (job,) = make([5], tmp_path)
    jobs.keep(jobs.Outcome(job, {"square": 25}), tmp_path)
    (outcome,) = cluster.run([job], tmp_path, "nowhere:1")
    assert outcome.reused and outcome.result == {"square": 25}
