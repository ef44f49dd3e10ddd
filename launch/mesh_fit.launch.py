"""The action server that fits body meshes to the recordings in a directory.

    ros2 launch kinesics mesh_fit.launch.py data_directory:=$HOME/recordings
    ros2 action send_goal --feedback /fit_mesh kinesics/action/FitMesh \
        "{input: take_01.mp4, output: take_01, write_overlays: true, resume: true}"

Goals read and write inside ``data_directory`` alone. Arguments: ``--show-args``.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

CONFIG = Path(__file__).resolve().parents[1] / "config"

ARGUMENTS = [
    DeclareLaunchArgument(
        "data_directory", description="Goals read and write inside this directory alone"
    ),
    DeclareLaunchArgument(
        "queue",
        default_value="",
        choices=["", "wait", "preempt", "reject"],
        description="What happens to a goal that comes while another is worked on: it waits its "
        "turn, takes the other's place, or is rejected. Empty: as params_file says",
    ),
    DeclareLaunchArgument(
        "body_model",
        default_value="",
        description="SMPL-X, SMPL-H or SMPL file or folder. Empty: as params_file says, by default "
        "the open body",
    ),
    DeclareLaunchArgument(
        "namespace", default_value="", description="ROS namespace of the server"
    ),
    DeclareLaunchArgument(
        "params_file",
        default_value=str(CONFIG / "kinesics.yaml"),
        description="ROS parameter file of the server",
    ),
    DeclareLaunchArgument(
        "log_level",
        default_value="info",
        choices=["debug", "info", "warn", "error", "fatal"],
        description="Least severity that is logged",
    ),
]


def serve(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the server as the arguments ask for it."""

    def argument(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    own = {
        name: ParameterValue(argument(name), value_type=str)
        for name in ("data_directory", "queue", "body_model")
        if argument(name)
    }
    server = Node(
        package="kinesics",
        executable="mesh_fit_node",
        name="mesh_fit",
        namespace=argument("namespace"),
        parameters=[argument("params_file"), {"autostart": True, **own}],
        ros_arguments=["--log-level", argument("log_level")],
        output="screen",
        emulate_tty=True,
    )

    def ended(event: ProcessExited, context: LaunchContext) -> None:
        if event.returncode and not context.is_shutdown:
            # Launch exits with 1 only where an action raises.
            raise RuntimeError(f"mesh_fit ended with {event.returncode}")

    return [server, RegisterEventHandler(OnProcessExit(target_action=server, on_exit=ended))]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=serve)])
