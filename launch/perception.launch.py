"""Seeing only: camera and keypoints, for a robot that answers by other means.

    ros2 launch kinesics perception.launch.py source:=/dev/video0 markers:=true

Two processes; images travel between them as JPEG, which arrives whole where raw images may not
(parameter ``image_transport`` of the keypoint node). Arguments: ``--show-args``.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration, TextSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

CONFIG = Path(__file__).resolve().parents[1] / "config"

ARGUMENTS = [
    DeclareLaunchArgument(
        "source",
        default_value="",
        description="Device number or path, address of a stream (rtsp://, http://, udp://), "
        "'gst:PIPELINE', video file, image folder, several files joined with ',', 'topic:NAME' of"
        " a ROS image, or 'synthetic'. Empty: "
        "as params_file says",
    ),
    DeclareLaunchArgument(
        "variant",
        default_value="",
        choices=["", "lite", "full", "heavy"],
        description="Size of the pose network. Empty: as params_file says",
    ),
    DeclareLaunchArgument(
        "max_persons",
        default_value="",
        description="People followed at once; 1 uses the holistic graph, which is faster. "
        "1 to 20. Empty: as params_file says",
    ),
    DeclareLaunchArgument(
        "loop",
        default_value="",
        choices=["", "true", "false"],
        description="Start a file again when it ends. Empty: as params_file says",
    ),
    DeclareLaunchArgument(
        "rate",
        default_value="",
        description="Frames per second; 0: the source's own. Empty: as params_file says",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="false",
        choices=["true", "false"],
        description="Time comes from /clock, also the stamps of files and cameras",
    ),
    DeclareLaunchArgument(
        "markers",
        default_value="false",
        choices=["true", "false"],
        description="Publish the skeletons for rviz too",
    ),
    DeclareLaunchArgument(
        "namespace", default_value="", description="ROS namespace of all nodes and topics"
    ),
    DeclareLaunchArgument(
        "params_file",
        default_value=str(CONFIG / "kinesics.yaml"),
        description="ROS parameter file of all nodes",
    ),
    DeclareLaunchArgument(
        "respawn",
        default_value="true",
        choices=["true", "false"],
        description="Start again what crashed; false: everything ends with 1",
    ),
    DeclareLaunchArgument(
        "log_level",
        default_value="info",
        choices=["debug", "info", "warn", "error", "fatal"],
        description="Least severity that is logged",
    ),
]


def bring_up(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the nodes that the arguments ask for."""

    def argument(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    given = {
        "camera": {"source": (argument("source"), str), "loop": (argument("loop"), bool),
                   "rate": (argument("rate"), float)},
        "keypoint": {"variant": (argument("variant"), str),
                     "max_persons": (argument("max_persons"), int)},
    }

    def ended(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        if event.returncode and not context.is_shutdown and argument("respawn") != "true":
            # Launch ends everything and exits with 1 only where an action raises.
            raise RuntimeError(
                f"{event.process_name} ended with {event.returncode}; its message above says why")
        return []

    simulated = {"use_sim_time": True} if argument("use_sim_time") == "true" else {}
    actions: list[LaunchDescriptionEntity] = []
    for name in ("camera", "keypoint", *(["marker"] if argument("markers") == "true" else [])):
        # With their types, or `source:=0` would become a number.
        own = {parameter: ParameterValue([TextSubstitution(text=value)], value_type=kind)
               for parameter, (value, kind) in given.get(name, {}).items() if value}
        # Each node configures and activates itself, also when it is started again after a crash.
        actions.append(
            Node(
                package="kinesics",
                executable=f"{name}_node",
                name=name,
                namespace=argument("namespace"),
                parameters=[argument("params_file"), {"autostart": True, **simulated, **own}],
                ros_arguments=["--log-level", argument("log_level")],
                output="screen",
                emulate_tty=True,
                respawn=argument("respawn") == "true",
                respawn_delay=2.0,
            )
        )
    handlers = [RegisterEventHandler(OnProcessExit(target_action=node, on_exit=ended))
                for node in actions]
    return [*actions, *handlers]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=bring_up)])
