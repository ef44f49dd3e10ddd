"""Records a running graph into a bag (rosbag2, MCAP) until it is interrupted.

    ros2 launch kinesics record.launch.py bag:=take_01 topics:=persons,affect,/joint_states
    ros2 launch kinesics record.launch.py takes:=study      # records what record_take asks for

The bag is whole at every moment: a killed recorder loses one second at most, a full disk ends the
recording with everything until then readable. Arguments: ``--show-args``.
"""

from pathlib import Path

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit, OnProcessStart
from launch.events import matches_action
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode
from launch_ros.event_handlers import OnStateTransition
from launch_ros.events.lifecycle import ChangeState
from launch_ros.parameter_descriptions import ParameterValue
from lifecycle_msgs.msg import Transition

CONFIG = Path(__file__).resolve().parents[1] / "config"

ARGUMENTS = [
    DeclareLaunchArgument(
        "bag",
        default_value="",
        description="Directory to write; X_1 where X is a bag already. Empty: kinesics_<date> here",
    ),
    DeclareLaunchArgument(
        "takes",
        default_value="",
        description="Directory of takes; where it is set nothing is recorded but takes asked for "
        "by the action record_take",
    ),
    DeclareLaunchArgument(
        "topics",
        default_value="",
        description="Topics to record, joined with ','. Empty: as params_file says, by default "
        "everything of Kinesics but raw images",
    ),
    DeclareLaunchArgument(
        "namespace", default_value="", description="ROS namespace of the graph that is recorded"
    ),
    DeclareLaunchArgument(
        "params_file",
        default_value=str(CONFIG / "kinesics.yaml"),
        description="ROS parameter file of the recorder",
    ),
    DeclareLaunchArgument(
        "log_level",
        default_value="info",
        choices=["debug", "info", "warn", "error", "fatal"],
        description="Least severity that is logged",
    ),
]


def record(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the recorder, and what takes it from state to state and ends the launch."""

    def argument(name: str) -> str:
        return LaunchConfiguration(name).perform(context)

    given: dict[str, object] = {}
    if argument("bag"):
        given["bag"] = ParameterValue(argument("bag"), value_type=str)
    if argument("takes"):
        given["takes"] = ParameterValue(argument("takes"), value_type=str)
    if topics := [topic.strip() for topic in argument("topics").split(",") if topic.strip()]:
        given["topics"] = topics
    recorder = LifecycleNode(
        package="kinesics",
        executable="recorder_node",
        name="recorder",
        namespace=argument("namespace"),
        parameters=[argument("params_file"), given],
        ros_arguments=["--log-level", argument("log_level")],
        output="screen",
        emulate_tty=True,
    )

    def to(transition: int) -> EmitEvent:
        return EmitEvent(
            event=ChangeState(
                lifecycle_node_matcher=matches_action(recorder), transition_id=transition
            )
        )

    def fail(context: LaunchContext, reason: str) -> list[LaunchDescriptionEntity]:
        if context.is_shutdown:
            return []
        # Launch ends everything and exits with 1 only where an action raises.
        raise RuntimeError(f"{reason}; the recorder's message above says why")

    def end(reason: str) -> OpaqueFunction:
        return OpaqueFunction(function=fail, args=[reason])

    # A recorder that does not record would be worse than none: every failure ends the launch.
    after = {
        ("configuring", "inactive"): to(Transition.TRANSITION_ACTIVATE),
        ("activating", "active"): LogInfo(msg="recording; end it with Ctrl-C"),
        ("configuring", "unconfigured"): end("the recorder could not be configured"),
        ("activating", "inactive"): end("the recording could not be started"),
        ("deactivating", "inactive"): end("the recording ended"),
    }
    transitions = [
        OnStateTransition(
            target_lifecycle_node=recorder, start_state=start, goal_state=goal, entities=[action]
        )
        for (start, goal), action in after.items()
    ]
    started = OnProcessStart(target_action=recorder, on_start=[to(Transition.TRANSITION_CONFIGURE)])
    ended = OnProcessExit(
        target_action=recorder,
        on_exit=lambda _, context: [] if context.is_shutdown else [end("the recorder ended")],
    )
    handlers = [RegisterEventHandler(handler) for handler in (*transitions, started, ended)]
    return [*handlers, recorder]


def generate_launch_description() -> LaunchDescription:
    """Return what ``ros2 launch`` runs."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=record)])
