"""`kinesics doctor` beside a controller that runs, one that hangs, and none."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

rclpy = pytest.importorskip("rclpy")
from rclpy.executors import SingleThreadedExecutor
from trajectory_msgs.msg import JointTrajectory

from kinesics_core import cli


class Controller:
    """A node with the parameters and the topic of a controller, in a context of its own."""

    def __init__(self, domain: int, name: str, serves: bool = True, **parameters) -> None:
        self.context = rclpy.Context()
        self.context.init(domain_id=domain)
        self.node = rclpy.create_node(name, context=self.context)
        for key, value in parameters.items():
            self.node.declare_parameter(key.replace("__", "."), value)
        self.node.create_subscription(
            JointTrajectory, f"{name}/joint_trajectory", lambda _: None, 1)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.thread = threading.Thread(target=self._spin, daemon=True)
        self.stop = threading.Event()
        if serves:
            self.thread.start()

    def _spin(self) -> None:
        while not self.stop.is_set():
            self.executor.spin_once(timeout_sec=0.05)

    def close(self) -> None:
        self.stop.set()
        if self.thread.is_alive():
            self.thread.join()
        self.executor.shutdown()
        self.node.destroy_node()
        self.context.try_shutdown()


@pytest.fixture
def controller(own_domain):
    made = []

    def make(name: str, **parameters) -> None:
        made.append(Controller(own_domain, name, **parameters))

    yield make
    for one in made:
        one.close()


def test_a_running_controller_is_found_and_judged(controller, capsys):
    controller("arm_controller", joints=["a", "b"], command_interfaces=["position"],
               interpolate_from_desired_state=False, allow_partial_joints_goal=False,
               cmd_timeout=0.0, constraints__goal_time=0.0)
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "/arm_controller" in said
    assert "MEND interpolate_from_desired_state = false: set it to true" in said
    assert 'controllers: ["/arm_controller: a b"]' in said


def test_a_controller_of_few_parameters_is_judged_too(controller, capsys):
    controller("good", joints=["a"], interpolate_from_desired_state=True)
    assert cli.main(["doctor", "good"]) == 0
    assert "ok   interpolate_from_desired_state = true" in capsys.readouterr().out


def test_one_that_hangs_gets_a_sentence(controller, capsys):
    controller("stuck", serves=False)
    assert cli.main(["doctor", "stuck", "--timeout", "1"]) == 1
    assert "does not answer" in capsys.readouterr().out.replace("has not answered",
                                                                 "does not answer")


def test_none_gets_a_sentence(own_domain, capsys):
    assert cli.main(["doctor", "--timeout", "0.5"]) == 1
    assert "no controller takes trajectories" in capsys.readouterr().err
    assert cli.main(["doctor", "nobody", "--timeout", "0.5"]) == 1
    assert "the controller /nobody does not answer" in capsys.readouterr().out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_as_it_ends_others(number):
    """By rclpy's handlers the context ended beneath the questions: an unforeseen error."""
    program = """
import sys
from kinesics_core import cli
from kinesics_ros import ask_controllers
found = ask_controllers.running_controllers
ask_controllers.running_controllers = lambda node: print("asking", flush=True) or found(node)
sys.exit(cli.main(["doctor", "--timeout", "120"]))
"""
    doctor = subprocess.Popen([sys.executable, "-c", program], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert doctor.stdout.readline() == "asking\n"
    doctor.send_signal(number)
    _, said = doctor.communicate(timeout=120)
    assert doctor.returncode == (130 if number == signal.SIGINT else -signal.SIGTERM)
    assert "foreseen" not in said and "Traceback" not in said
