"""A new process does not take the place of one that was killed: nobody would hear it at first."""

from __future__ import annotations

import fcntl
import os
import socket

import pytest

rclpy = pytest.importorskip("rclpy")

from kinesics_ros import dead_ports

pytestmark = pytest.mark.usefixtures("executor")


@pytest.fixture(autouse=True)
def fast_dds(executor):
    if not rclpy.get_rmw_implementation_identifier().startswith("rmw_fastrtps"):
        pytest.skip("another middleware")


def leave_port(folder, number, began=1000):
    """Leave what a killed process of a number leaves; return its lock's path."""
    _, data = dead_ports.ports(rclpy.get_default_context().get_domain_id(), number)
    port = folder / f"fastrtps_port{data}"
    port.write_bytes(b"")
    os.utime(port, (began, began))
    lock = port.with_name(f"{port.name}_el")
    lock.write_bytes(b"")
    return lock


def is_taken(number):
    discovery, _ = dead_ports.ports(rclpy.get_default_context().get_domain_id(), number)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.bind(("", discovery))
        except OSError:
            return True
    return False


def test_the_rule_of_ports_is_that_of_rtps():
    assert dead_ports.ports(0, 0) == (7410, 7411)
    assert dead_ports.ports(44, 1) == (18412, 18413)


def test_a_node_gets_the_first_number_that_no_dead_process_had(tmp_path):
    for number in (0, 1):
        leave_port(tmp_path, number)
    before = [is_taken(0), is_taken(1)]  # by whoever else is in this domain
    with dead_ports.avoided(tmp_path) as avoided:
        node = rclpy.create_node("newcomer")
    assert avoided == [0, 1]
    assert [is_taken(0), is_taken(1)] == before and is_taken(2)
    node.destroy_node()


def test_a_port_whose_process_lives_is_not_dead(tmp_path):
    with leave_port(tmp_path, 0).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with dead_ports.avoided(tmp_path) as avoided:
            assert avoided == []


def test_where_all_are_dead_the_oldest_place_is_taken(tmp_path):
    for number in range(dead_ports.NUMBERS):
        leave_port(tmp_path, number, began=500 if number == 7 else 1000 + number)
    before = list(map(is_taken, range(dead_ports.NUMBERS)))
    with dead_ports.avoided(tmp_path) as avoided:
        assert avoided == [number for number in range(dead_ports.NUMBERS) if number != 7]
    assert list(map(is_taken, range(dead_ports.NUMBERS))) == before


def test_a_profile_of_the_user_stays_as_it_is(tmp_path, monkeypatch):
    leave_port(tmp_path, 0)
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", str(tmp_path / "mine.xml"))
    with dead_ports.avoided(tmp_path) as avoided:
        assert avoided == []
