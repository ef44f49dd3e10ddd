"""People by REP-155 (ROS4HRI): topics below ``/humans``, tf frames, joint states."""

from __future__ import annotations

from array import array
from typing import Any

from rclpy.event_handler import PublisherEventCallbacks
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool, Float32, Header, String

from kinesics.msg import Affect, PersonArray, SocialSignals
from kinesics_core.errors import KinesicsError
from kinesics_core.settings import settings_of
from kinesics_core.types import Affect as CoreAffect
from kinesics_core.types import People, Person
from kinesics_core.types import SocialSignals as CoreSignals
from kinesics_core.view.human_joints import human_urdf, joint_angles
from kinesics_core.view.humans import HumansConfig, human_frames, human_id
from kinesics_ros import hri_messages, qos
from kinesics_ros.bus import Bus
from kinesics_ros.conversions import affect_from_msg, header, people_from_msg
from kinesics_ros.run import run_node
from kinesics_ros.signal_messages import signals_from_msg
from kinesics_ros.stage import Stage, Stopwatch
from kinesics_ros.transforms import TransformPublisher

_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_GAZE = 0.5
"""Share of the last second from which somebody counts as looking at the robot."""


class HriNode(Stage):
    """``persons``, ``affect`` and ``signals`` in; topics and frames of REP-155 out.

    A person's face and body have the person's id, p7 for the track 7. Persons are anonymous: nobody
    is recognised.
    """

    PARAMETERS = settings_of(HumansConfig)

    def __init__(self, bus: Bus | None = None, **node_arguments: Any) -> None:
        super().__init__("hri", bus, **node_arguments)
        self._humans: dict[int, _Human] = {}
        self._frames: TransformPublisher | None = None
        self._lists: dict[str, Any] = {}
        self._gazing: Any = None
        self.input("persons", PersonArray, people_from_msg, self._see, qos.RESULT)
        self.input(
            "affect", Affect, lambda message: [affect_from_msg(message)], self._feel, qos.PEOPLE,
            key=_person_ids)
        self.input(
            "signals", SocialSignals, lambda message: [signals_from_msg(message)], self._heed,
            qos.PEOPLE, key=_person_ids)

    def load(self) -> None:
        """Make the topics that are there without people.

        Raises:
            KinesicsError: hri_msgs is not installed.
        """
        if not hri_messages.AVAILABLE:
            raise KinesicsError(
                "hri_msgs is not installed, whose messages REP-155 needs; install it (Debian, "
                "Ubuntu: ros-$ROS_DISTRO-hri-msgs) and configure the node again.")
        if not self._lists:
            for kind in ("faces", "bodies", "persons"):
                self._lists[kind] = self._publisher(f"/humans/{kind}/tracked", "IdsList", _LATCHED)
            self._lists["known"] = self._publisher("/humans/persons/known", "IdsList", _LATCHED)
            self._gazing = self._publisher("/humans/interactions/gazing", "Gaze", qos.RESULT)
        if self._frames is None and self.parameters["human_frames"]:
            self._frames = TransformPublisher(self)

    def stop(self) -> None:
        """Let go of everybody."""
        for person_id in list(self._humans):
            self._humans.pop(person_id).leave()

    def _publisher(self, topic: str, kind: str, profile: QoSProfile) -> Any:
        return self.create_publisher(getattr(hri_messages.hri, kind), topic, profile)

    def _see(self, people: People) -> None:
        with Stopwatch(self, people.stamp):
            head = header(people.stamp, people.frame_id)
            present = {person.id: person for person in people.persons}
            for gone in set(self._humans) - set(present):
                self._humans.pop(gone).leave()
            for person_id, person in present.items():
                if person_id not in self._humans:
                    self._humans[person_id] = _Human(
                        self, human_id(person_id), self.parameters["human_height"])
                self._humans[person_id].see(person, people, head)
            faces = [human_id(p.id) for p in people.persons if p.face is not None]
            everybody = [human_id(person_id) for person_id in present]
            for kind, tracked in (("faces", faces), ("bodies", everybody),
                                  ("persons", everybody), ("known", everybody)):
                self._lists[kind].publish(hri_messages.ids(head, tracked))
            if self._frames is not None:
                self._frames.send(people.stamp, [
                    frame for person in people.persons for frame in human_frames(person, people)])

    def _feel(self, affects: list[CoreAffect]) -> None:
        for affect in affects:
            if (human := self._humans.get(affect.person_id)) is not None:
                human.tell("faces/expression", hri_messages.expression(
                    affect, header(affect.stamp, affect.frame_id)))

    def _heed(self, everybody: list[CoreSignals]) -> None:
        for signals in everybody:
            human = self._humans.get(signals.person_id)
            if human is None or human.person is None:
                continue
            head = header(signals.stamp, signals.frame_id)
            human.tell("persons/engagement_status", hri_messages.engagement(signals, head))
            human.tell("bodies/posture", hri_messages.posture(signals, head))
            for gesture in hri_messages.gestures(signals, human.person, head):
                human.tell("bodies/gesture", gesture)
            if signals.gaze >= _GAZE:
                self._gazing.publish(hri_messages.gaze(human.name, head))


class _Human:
    """Topics of one person.

    Attributes:
        name: The person's id by REP-155.
        person: As seen last.
    """

    def __init__(self, node: Stage, name: str, height: float) -> None:
        self._node, self.name = node, name
        self.person: Person | None = None
        self._publishers: dict[str, Any] = {}
        types: dict[str, type] = {
            **hri_messages.message_types(), "bodies/joint_states": JointState,
            "persons/location_confidence": Float32}
        for topic, kind in types.items():
            self._add(topic, kind, qos.RESULT)
        for topic, message in (
            ("persons/anonymous", Bool(data=True)), ("persons/face_id", String(data=name)),
            ("persons/body_id", String(data=name)),
        ):
            self._add(topic, type(message), _LATCHED)
            self.tell(topic, message)
        urdf = human_urdf(name, height)
        model = f"human_description_{name}"
        self._make(model, String, f"/{model}", _LATCHED)
        self.tell(model, String(data=urdf))

    def _add(self, topic: str, kind: type, profile: QoSProfile) -> None:
        group, _, rest = topic.partition("/")
        self._make(topic, kind, f"/humans/{group}/{self.name}/{rest}", profile)

    def _make(self, topic: str, kind: type, name: str, profile: QoSProfile) -> None:
        # The executor waits for a publisher's events, and stumbles over one that is gone; people
        # come and go in the worker's thread.
        self._publishers[topic] = self._node.create_publisher(
            kind, name, profile,
            event_callbacks=PublisherEventCallbacks(use_default_callbacks=False))

    def tell(self, topic: str, message: Any) -> None:
        """Publish on a topic of this person."""
        self._publishers[topic].publish(message)

    def see(self, person: Person, people: People, head: Header) -> None:
        """Publish what an image tells of the person."""
        self.person = person
        for group, messages in (
            ("faces", hri_messages.face_messages(person, people, head)),
            ("bodies", hri_messages.body_messages(person, people, head)),
        ):
            for topic, message in messages.items():
                self.tell(f"{group}/{topic}", message)
        self.tell("persons/location_confidence", Float32(data=1.0))
        if person.pose_world is not None and person.pose is not None:
            angles = joint_angles(person.pose_world, person.pose[:, 3], person.head)
            if angles:
                self.tell("bodies/joint_states", JointState(
                    header=head, name=[f"{joint}_{self.name}" for joint in angles],
                    position=array("d", angles.values())))

    def leave(self) -> None:
        """Say that the person's place is no longer known, and take the topics away."""
        self.tell("persons/location_confidence", Float32(data=0.0))
        for publisher in self._publishers.values():
            self._node.destroy_publisher(publisher)
        self._publishers.clear()


def _person_ids(items: list[Any]) -> tuple[int, ...]:
    return tuple(item.person_id for item in items)


def main() -> None:
    """Run the node until a signal ends it."""
    run_node(HriNode)


if __name__ == "__main__":
    main()
