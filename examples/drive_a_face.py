"""A robot's face with four motors, driven by the topic ``face_pose``.

    kinesics up --source 0                    # in one terminal: the loop
    python examples/drive_a_face.py           # in another: this face

A face with ARKit blendshapes (most avatars) takes the 52 weights as they are; a face with a few
motors picks what it has. Replace ``Motors`` by your own.
"""

import rclpy
from rclpy.node import Node

from kinesics.msg import FacePose
from kinesics_core.skeletons import BLENDSHAPE_INDEX

LEFT, RIGHT = ([BLENDSHAPE_INDEX[name + side] for name in ("mouthSmile", "mouthFrown", "eyeBlink")]
               for side in ("Left", "Right"))
JAW, BROWS = BLENDSHAPE_INDEX["jawOpen"], BLENDSHAPE_INDEX["browInnerUp"]


class Motors:
    """Stand-in for a face: prints what its motors would do, all in -1..1 except the neck (rad)."""

    def move(self, corners: float, jaw: float, lids: float, brows: float, neck_yaw: float) -> None:
        """Take the next position of every motor."""
        print(f"corners {corners:+.2f}  jaw {jaw:.2f}  lids {lids:.2f}  brows {brows:.2f}  "
              f"neck {neck_yaw:+.2f} rad", flush=True)


class Face(Node):
    """Subscriber that hands each face pose to the motors."""

    def __init__(self, motors: Motors) -> None:
        super().__init__("my_face")
        self.motors = motors
        # Depth 1: a face shows the newest pose; one that came late is of no use.
        self.create_subscription(FacePose, "face_pose", self.show, 1)

    def show(self, pose: FacePose) -> None:
        """Move the motors to a pose: mouth corners up by the smile, down by the frown."""
        weights = pose.blendshapes
        smile, frown, closed = (0.5 * (weights[left] + weights[right])
                                for left, right in zip(LEFT, RIGHT, strict=True))
        self.motors.move(corners=smile - frown, jaw=weights[JAW], lids=1.0 - closed,
                         brows=weights[BROWS], neck_yaw=pose.head[2])


def main() -> None:
    """Spin until Ctrl-C."""
    rclpy.init()
    try:
        rclpy.spin(Face(Motors()))
    except KeyboardInterrupt:
        pass
    except Exception:
        if rclpy.ok():  # else a signal shut ROS down under whatever was being done
            raise
    finally:
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
