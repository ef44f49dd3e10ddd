"""The whole loop with a robot that moves: what bringup.launch.py starts, and its joints.

    ros2 launch kinesics robot.launch.py robot:=g1 source:=0 rviz:=true
    ros2 launch kinesics robot.launch.py robot:=/path/my_robot.yaml
    ros2 launch kinesics robot.launch.py robot:=reachy_mini robot_host:=reachy-mini.local

``robot`` is the name of a robot that has a map (config/robots), or a map that
`kinesics robot map URDF` has written. The arguments of bringup.launch.py may be given too. Where
robot_state_publisher is installed it publishes the robot's links, else the retarget node does.
"""

from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from kinesics_core.errors import KinesicsError
from kinesics_core.robot.model import RobotModel
from kinesics_core.robot.robot_map import driver_of

HERE = Path(__file__).resolve().parent
CONFIG = HERE.parent / "config"

ARGUMENTS = [
    DeclareLaunchArgument(
        "robot", description="Name of a robot that has a map, or the path of a map (.yaml)"
    ),
    DeclareLaunchArgument(
        "urdf", default_value="", description="The robot's URDF. Empty: the map says where it is"
    ),
    DeclareLaunchArgument(
        "links",
        default_value="true",
        choices=["true", "false"],
        description="Publish where the robot's links are, as they are commanded. false: the "
        "robot's own robot_state_publisher does it, from where its joints really are",
    ),
]


def bring_up(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the loop with the robot, and what publishes its links."""

    def argument(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    robot, urdf = argument("robot"), argument("urdf")
    # A robot's camera, controllers and rate, where they have been written down.
    named = Path(robot).stem
    config = named if (CONFIG / f"robot_{named}.yaml").is_file() else ""
    loop = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(HERE / "bringup.launch.py")),
        launch_arguments={"robot": config, "robot_map": robot, "urdf": urdf}.items(),
    )
    if driver_of(robot):  # it has no joints that anybody draws
        return [loop]
    try:
        model = RobotModel.load(urdf or robot)
    except KinesicsError as error:
        raise RuntimeError(str(error)) from error
    if argument("links") == "false":
        return [loop]
    if not installed("robot_state_publisher"):
        return [loop]
    publisher = Node(
        package="robot_state_publisher",
        executable="robot_state_publisher",
        parameters=[
            {"robot_description": ParameterValue(model.urdf.text, value_type=str)}
        ],
        remappings=[("joint_states", "joint_commands")],
    )
    return [publisher, loop]


def installed(package: str) -> bool:
    """Return whether ROS knows a package."""
    try:
        get_package_share_directory(package)
    except (PackageNotFoundError, OSError):
        return False
    return True


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=bring_up)])
