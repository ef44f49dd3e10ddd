"""The whole loop: camera, keypoints, forecast, response, expression, a robot, markers, recorder.

    ros2 launch kinesics bringup.launch.py source:=0 rviz:=true

In one process by default, where images are handed over without copies; ``composed:=false`` starts
every node as a process of its own. Arguments: ``--show-args``.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    TimerAction,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration, TextSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from kinesics_core.robot.robot_map import driver_of

CONFIG = Path(__file__).resolve().parents[1] / "config"
NODES = ("camera", "keypoint", "forecast", "response", "expression", "marker")
RESPAWN_DELAY = 2.0  # seconds


def names_of(kind: str) -> list[str]:
    """Return NAME of every config/KIND_NAME.yaml."""
    return sorted(path.stem.removeprefix(f"{kind}_") for path in CONFIG.glob(f"{kind}_*.yaml"))


ARGUMENTS = [
    DeclareLaunchArgument(
        "source",
        default_value="",
        description="Device number or path, address of a stream (rtsp://, http://, udp://), "
        "'gst:PIPELINE', video file, image folder, several files joined with ',', 'topic:NAME' of"
        " a ROS image, or 'synthetic'. Empty: "
        "as the parameter files say",
    ),
    DeclareLaunchArgument(
        "composed",
        default_value="true",
        choices=["true", "false"],
        description="All nodes in one process, or each in its own",
    ),
    DeclareLaunchArgument(
        "variant",
        default_value="",
        choices=["", "lite", "full", "heavy"],
        description="Size of the pose network. Empty: as the parameter files say",
    ),
    DeclareLaunchArgument(
        "max_persons",
        default_value="",
        description="People followed at once; 1 uses the holistic graph, which is faster. "
        "1 to 20. Empty: as the parameter files say",
    ),
    DeclareLaunchArgument(
        "policy",
        default_value="",
        description="How the robot answers: auto, mirror, empathise, complement, regulate, play, "
        "professional, idle, a .yaml file of yours or a class (an entry point, module:Class or "
        "file.py:Class). "
        "Empty: as the parameter files say",
    ),
    DeclareLaunchArgument(
        "loop",
        default_value="",
        choices=["", "true", "false"],
        description="Start a file again when it ends. Empty: as the parameter files say",
    ),
    DeclareLaunchArgument(
        "rate",
        default_value="",
        description="Frames per second; 0: the source's own. Empty: as the parameter files say",
    ),
    DeclareLaunchArgument(
        "use_sim_time",
        default_value="false",
        choices=["true", "false"],
        description="Time comes from /clock, also the stamps of files and cameras",
    ),
    DeclareLaunchArgument(
        "record",
        default_value="false",
        description="Record a bag: false, true (into kinesics_<date> here), or a new directory",
    ),
    DeclareLaunchArgument(
        "rviz",
        default_value="false",
        choices=["true", "false"],
        description="Show image, skeleton, ghost and labels in rviz2",
    ),
    DeclareLaunchArgument(
        "robot",
        default_value="",
        choices=["", *names_of("robot")],
        description="Robot whose camera and pose rate config/robot_NAME.yaml describes; outranks "
        "params_file. Empty: params_file alone",
    ),
    DeclareLaunchArgument(
        "robot_map",
        default_value="",
        description="Name or map (.yaml) of a robot whose joints the retarget node moves; see "
        "robot.launch.py. Empty: none",
    ),
    DeclareLaunchArgument(
        "urdf",
        default_value="",
        description="URDF of that robot. Empty: the map says where it is",
    ),
    DeclareLaunchArgument(
        "robot_host",
        default_value="",
        description="Where the daemon of a Reachy Mini runs, such as reachy-mini.local. Empty: "
        "as the parameter files say",
    ),
    DeclareLaunchArgument(
        "hri",
        default_value="false",
        choices=["true", "false"],
        description="Publish people by REP-155 (ROS4HRI), too. Needs hri_msgs",
    ),
    DeclareLaunchArgument(
        "personality",
        default_value="",
        choices=["", *names_of("personality")],
        description="The robot's Big Five, from config/personality_NAME.yaml; outranks "
        "params_file. Empty: params_file alone",
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
        description="Start again what crashed",
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

    files = [argument("params_file")]
    for kind in ("robot", "personality"):
        if argument(kind):
            files.append(str(CONFIG / f"{kind}_{argument(kind)}.yaml"))
    if not Path(files[0]).is_file():
        raise RuntimeError(
            f"got params_file:={files[0]}, which does not exist; wanted a ROS parameter file such "
            f"as {CONFIG / 'kinesics.yaml'}. Mend the path."
        )
    start = one_process if argument("composed") == "true" else processes
    actions = start(argument, files)
    if argument("rviz") == "true":
        # First: where rviz2 is not installed, nothing else is started.
        actions.insert(
            0,
            Node(
                package="rviz2",
                executable="rviz2",
                namespace=argument("namespace"),
                arguments=["-d", str(CONFIG / "kinesics.rviz")],
            ),
        )
    return actions


def one_process(
    argument: Callable[[str], str], files: list[str], crashes: int = 0
) -> list[LaunchDescriptionEntity]:
    """Return the executable kinesics_up, which brings its nodes up itself.

    It ends on a fault or when the source is over; then everything ends. Only a crash, an end by a
    signal, is started again.

    Args:
        argument: Gives the launch arguments by name.
        files: Parameter files; later ones outrank earlier ones.
        crashes: How often it has been started again.
    """
    options = ("source", "variant", "max_persons", "policy", "rate", "urdf", "robot_host")
    given = {f"--{name.replace('_', '-')}": argument(name) for name in options}
    given["--robot"] = argument("robot_map")
    arguments = [word for option in given.items() if option[1] for word in option]
    if argument("loop") == "true":
        arguments.append("--loop")
    if argument("hri") == "true":
        arguments.append("--hri")
    if bag := bag_directory(argument("record")):
        # What was recorded before a crash is kept; the next part stands beside it.
        arguments += ["--record", f"{bag}_{crashes}" if crashes else bag]
    graph = Node(
        package="kinesics",
        executable="kinesics_up",
        namespace=argument("namespace"),
        parameters=[*files, *everywhere(argument)],
        arguments=arguments,
        ros_arguments=["--log-level", argument("log_level")],
        output="screen",
        emulate_tty=True,
    )

    def ended(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        if context.is_shutdown:
            return []
        if event.returncode < 0 and argument("respawn") == "true":
            return [
                LogInfo(
                    msg=f"kinesics_up was ended by signal {-event.returncode}; "
                    f"it starts again in {RESPAWN_DELAY:g} s"
                ),
                TimerAction(
                    period=RESPAWN_DELAY, actions=one_process(argument, files, crashes + 1)
                ),
            ]
        if event.returncode:
            # Launch ends everything and exits with 1 only where an action raises.
            raise RuntimeError(
                f"kinesics_up ended with {event.returncode}; its message above says why")
        return [EmitEvent(event=Shutdown(reason="kinesics_up ended: its source is over"))]

    return [graph, RegisterEventHandler(OnProcessExit(target_action=graph, on_exit=ended))]


def processes(argument: Callable[[str], str], files: list[str]) -> list[LaunchDescriptionEntity]:
    """Return each lifecycle node as a process of its own.

    Each configures and activates itself (``autostart``) and says so, or says why not and waits,
    unconfigured, for `ros2 lifecycle set`. So a node that is started again after a crash comes
    back to work without anybody's help.

    Args:
        argument: Gives the launch arguments by name.
        files: Parameter files; later ones outrank earlier ones.
    """
    bag = bag_directory(argument("record"))
    given = {
        "camera": {"source": (argument("source"), str), "loop": (argument("loop"), bool),
                   "rate": (argument("rate"), float)},
        "keypoint": {"variant": (argument("variant"), str),
                     "max_persons": (argument("max_persons"), int)},
        "response": {"policy": (argument("policy"), str)},
        "retarget": {"robot": (argument("robot_map"), str), "urdf": (argument("urdf"), str)},
        "reachy_mini": {"robot": (argument("robot_map"), str),
                        "robot_host": (argument("robot_host"), str)},
        "recorder": {"bag": (bag, str)},
    }
    mover = driver_of(argument("robot_map")) or "retarget"
    actions: list[LaunchDescriptionEntity] = []
    others = [name for name, wanted in ((mover, argument("robot_map")),
                                        ("hri", argument("hri") == "true"), ("recorder", bag))
              if wanted]
    for name in (*NODES, *others):
        # With their types, or `source:=0` would become a number.
        own = {parameter: ParameterValue([TextSubstitution(text=value)], value_type=kind)
               for parameter, (value, kind) in given.get(name, {}).items() if value}
        actions.append(
            Node(
                package="kinesics",
                executable=f"{name}_node",
                name=name,
                namespace=argument("namespace"),
                parameters=[*files, *everywhere(argument), {"autostart": True, **own}],
                ros_arguments=["--log-level", argument("log_level")],
                output="screen",
                emulate_tty=True,
                respawn=argument("respawn") == "true",
                respawn_delay=RESPAWN_DELAY,
            )
        )
    return actions


def everywhere(argument: Callable[[str], str]) -> list[dict[str, bool]]:
    """Return the parameters that every node gets; none where the parameter files decide."""
    return [{"use_sim_time": True}] if argument("use_sim_time") == "true" else []


def bag_directory(record: str) -> str:
    """Return the directory to record to, "" for no recording."""
    if record == "false":
        return ""
    return f"kinesics_{datetime.now():%Y_%m_%d-%H_%M_%S}" if record == "true" else record


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=bring_up)])
