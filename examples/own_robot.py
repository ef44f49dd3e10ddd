"""Your own robot: ``body_pose`` and ``face_pose`` to its joints, as ``sensor_msgs/JointState``.

    kinesics up --source 0                    # in one terminal: the loop
    python examples/own_robot.py              # in another: this robot
    ros2 topic echo /my_robot/joint_targets

The robot here has a neck of two joints and arms of three. Its table ``JOINTS`` is what you change:
for each joint which of the body's directions it follows, its limits and its speed. The arms follow
directions of bones, not Euler angles of the model's joints: so the hand is where a person's would
be, however your robot's axes are ordered.
"""

import math
from dataclasses import dataclass

import numpy as np
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import JointState

from kinesics.msg import BodyPose, FacePose
from kinesics_core.rotations import exponential
from kinesics_core.skeletons import SMPLX_BODY, SMPLX_BODY_PARENTS

RATE = 50.0  # Hz, of the targets


@dataclass(frozen=True)
class Joint:
    """A joint of the robot: limits in rad, speed in rad/s."""

    low: float
    high: float
    speed: float


JOINTS = {
    "head_pan": Joint(-1.4, 1.4, 2.0),  # left positive
    "head_tilt": Joint(-0.6, 0.5, 1.5),  # down positive
    **{f"{side}_{name}": joint for side in ("left", "right") for name, joint in {
        "shoulder_pitch": Joint(-2.0, 2.0, 3.0),  # 0: arm hangs; forward positive
        "shoulder_roll": Joint(0.0, 1.5, 3.0),  # 0: arm hangs; away from the body positive
        "elbow": Joint(0.0, 2.4, 4.0),  # 0: straight
    }.items()},
}

# In SMPL-X's axes (x to the body's left, y up, z forward) an arm at rest points sideways.
UPPER_ARM = {"left": np.array([1.0, 0.0, 0.0]), "right": np.array([-1.0, 0.0, 0.0])}


def joint_angles(body_pose: np.ndarray, head: np.ndarray) -> dict[str, float]:
    """Compute what this robot's joints must be to look like the pose.

    Args:
        body_pose: (21, 3) axis-angle, rad, of SMPL-X's joints after the pelvis, each relative to
            its parent.
        head: (3,) roll, pitch, yaw of the head relative to the torso, rad.

    Returns:
        Angle in rad by joint, within its limits.
    """
    turned = [np.eye(3)]  # rotation of each joint relative to the pelvis
    for rotation, parent in zip(exponential(body_pose), SMPLX_BODY_PARENTS[1:], strict=True):
        turned.append(turned[parent] @ rotation)
    chest = turned[SMPLX_BODY.index("spine3")]
    angles = {"head_pan": float(head[2]), "head_tilt": float(head[1])}
    for side, outwards in (("left", 1.0), ("right", -1.0)):
        shoulder, elbow = (chest.T @ turned[SMPLX_BODY.index(f"{side}_{name}")]
                           for name in ("shoulder", "elbow"))
        upper, fore = shoulder @ UPPER_ARM[side], elbow @ UPPER_ARM[side]
        sideways = math.hypot(upper[1], upper[2]) < 0.1  # the pitch of such an arm is noise
        angles[f"{side}_shoulder_pitch"] = 0.0 if sideways else math.atan2(upper[2], -upper[1])
        angles[f"{side}_shoulder_roll"] = math.asin(np.clip(outwards * upper[0], -1.0, 1.0))
        angles[f"{side}_elbow"] = math.acos(np.clip(upper @ fore, -1.0, 1.0))
    return {name: float(np.clip(angles[name], joint.low, joint.high))
            for name, joint in JOINTS.items()}


def towards(present: dict[str, float], target: dict[str, float], seconds: float
            ) -> dict[str, float]:
    """Move from the present angles towards the target, no joint faster than it may."""
    return {name: present[name] + float(np.clip(
                target[name] - present[name], -joint.speed * seconds, joint.speed * seconds))
            for name, joint in JOINTS.items()}


class Robot(Node):
    """Node that follows the two poses and publishes joint targets at a steady rate."""

    def __init__(self) -> None:
        super().__init__("my_robot")
        self.angles = dict.fromkeys(JOINTS, 0.0)
        self.body = np.zeros((21, 3))
        self.head = np.zeros(3)
        self.create_subscription(BodyPose, "body_pose", self.on_body, 1)
        self.create_subscription(FacePose, "face_pose", self.on_face, 1)
        self.targets = self.create_publisher(JointState, "my_robot/joint_targets", 1)
        self.create_timer(1.0 / RATE, self.step)

    def on_body(self, pose: BodyPose) -> None:
        """Keep the newest body."""
        self.body = np.reshape(pose.body_pose, (21, 3)).astype(float)

    def on_face(self, pose: FacePose) -> None:
        """Keep the newest head."""
        self.head = np.asarray(pose.head, float)

    def step(self) -> None:
        """Publish the next target."""
        self.angles = towards(self.angles, joint_angles(self.body, self.head), 1.0 / RATE)
        message = JointState(name=list(self.angles), position=list(self.angles.values()))
        message.header.stamp = self.get_clock().now().to_msg()
        self.targets.publish(message)


def main() -> None:
    """Spin until Ctrl-C."""
    rclpy.init()
    try:
        rclpy.spin(Robot())
    except KeyboardInterrupt:
        pass
    except Exception:
        if rclpy.ok():  # else a signal shut ROS down under whatever was being done
            raise
    finally:
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
