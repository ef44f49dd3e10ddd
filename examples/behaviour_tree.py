"""A behaviour tree as the robot's mind: leaves that call ``express`` or publish ``response``.

    kinesics up --source 0                    # in one terminal: the loop
    python examples/behaviour_tree.py         # in another: this tree

The tree here: who comes is bowed to (a call of the service ``express``); who raises a hand gets an
answer of its own (the topic ``response``); for all else it fails, and our own policy answers. Ours
steps back for as long as the tree speaks, and returns after a silence.
"""

from collections.abc import Callable

import rclpy
from rclpy.node import Node

from kinesics.msg import Affect, AffectiveResponse, SocialSignals
from kinesics.srv import Express

Behaviour = Callable[[SocialSignals], bool]
"""A node of the tree: does something or nothing, and tells whether it succeeded."""


def sequence(*children: Behaviour) -> Behaviour:
    """Run children until one fails."""
    return lambda signals: all(child(signals) for child in children)


def selector(*children: Behaviour) -> Behaviour:
    """Run children until one succeeds."""
    return lambda signals: any(child(signals) for child in children)


class TreeMind(Node):
    """Node that ticks the tree with the signals of each person."""

    def __init__(self) -> None:
        super().__init__("behaviour_tree")
        self.greeted: set[int] = set()
        self.express = self.create_client(Express, "express")
        self.answers = self.create_publisher(AffectiveResponse, "response", 5)
        self.tree = selector(
            sequence(self.is_new, self.bow), sequence(self.raises_a_hand, self.wonder))
        self.create_subscription(SocialSignals, "signals", self.tree, 5)

    def is_new(self, signals: SocialSignals) -> bool:
        """Tell whether this person has not been greeted."""
        return signals.person_id not in self.greeted and self.express.service_is_ready()

    def bow(self, signals: SocialSignals) -> bool:
        """Ask for a bow with a smile, ahead of whatever is being answered."""
        self.greeted.add(signals.person_id)
        self.express.call_async(Express.Request(
            emotion=Affect.HAPPINESS, intensity=0.6, duration=2.5, gesture="bow"))
        self.get_logger().info(f"bows to person {signals.person_id}")
        return True

    def raises_a_hand(self, signals: SocialSignals) -> bool:
        """Tell whether this person raises a hand."""
        return "hands_raised" in signals.gestures

    def wonder(self, signals: SocialSignals) -> bool:
        """Answer with surprise, for as long as it lasts."""
        self.answers.publish(AffectiveResponse(
            header=signals.header, policy="behaviour_tree", emotion=Affect.SURPRISE,
            intensity=0.6, towards=signals.person_id, bearing=[float("nan")] * 2, duration=0.5,
            gesture="lean_in", reason=f"Person {signals.person_id} raises a hand."))
        return True


def main() -> None:
    """Spin until Ctrl-C."""
    rclpy.init()
    try:
        rclpy.spin(TreeMind())
    except KeyboardInterrupt:
        pass
    except Exception:
        if rclpy.ok():  # else a signal shut ROS down under whatever was being done
            raise
    finally:
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
