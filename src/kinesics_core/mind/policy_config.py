"""Settings of the policy, and its sizes that are none."""

from __future__ import annotations

from dataclasses import dataclass

from kinesics_core.camera import Lens
from kinesics_core.errors import KinesicsError
from kinesics_core.mind.answers import ANSWERINGS, FILES
from kinesics_core.mind.anticipation import AnticipationConfig
from kinesics_core.mind.own_policy import names_own_policy
from kinesics_core.settings import check, same_as, setting, settings_of

POLICIES = ("auto", *ANSWERINGS)
"""Names of the policies: one way of answering, or the one that fits what is seen."""


@dataclass(frozen=True)
class PolicyConfig:
    """Settings of the policy.

    Raises:
        KinesicsError: A value is out of its range.
    """

    policy: str = setting(
        "auto", "How the robot answers", choices=POLICIES,
        others="a .yaml file of yours, or a class: an entry point, module:Class or file.py:Class")
    horizontal_fov: float = same_as(Lens, "horizontal_fov")
    inertia: float = setting(
        0.3, "Weight of the robot's own next emotion against the policy's answer in what is shown",
        bounds=(0.0, 1.0))
    temperament_time: float = setting(
        8.0, "Time in which the state returns to the temperament", unit="s", bounds=(0.5, 600.0))
    contagion_time: float = setting(
        2.0, "Time in which the state follows the perceived affect", unit="s", bounds=(0.1, 600.0))
    hold: float = setting(
        1.2, "Time an emotion or a policy is kept at least", unit="s", bounds=(0.0, 30.0))
    margin: float = setting(
        0.12, "How much more probable another emotion or policy must be to replace the one shown",
        bounds=(0.0, 1.0))
    attention_hold: float = setting(
        2.0, "Time a person is attended to at least", unit="s", bounds=(0.0, 60.0))
    absence: float = setting(
        1.0, "Time a person may be unseen before the robot turns away", unit="s",
        bounds=(0.0, 60.0))
    gesture_rest: float = setting(
        4.0, "Time between two gestures", unit="s", bounds=(0.0, 600.0))
    gesture_repeat: float = setting(
        15.0, "Time before the same gesture again", unit="s", bounds=(0.0, 3600.0))
    quiet_after: float = setting(
        120.0, "Time without anybody after which the robot is quiet until somebody comes",
        unit="s", bounds=(1.0, 86400.0))
    anticipate: bool = same_as(AnticipationConfig, "anticipate")
    anticipate_from: float = same_as(AnticipationConfig, "anticipate_from")
    anticipate_for: float = same_as(AnticipationConfig, "anticipate_for")
    anticipate_patience: float = same_as(AnticipationConfig, "anticipate_patience")
    anticipate_again: float = same_as(AnticipationConfig, "anticipate_again")
    duration: float = setting(
        1.0, "Time a response holds when no other follows", unit="s", bounds=(0.1, 60.0))

    def __post_init__(self) -> None:
        """Refuse values out of range, and policies that there are none of."""
        check(self)
        ours = self.policy in POLICIES or self.policy.endswith(FILES)
        if not ours and not names_own_policy(self.policy):
            (known,) = settings_of(PolicyConfig, "policy")
            raise KinesicsError(
                f"PolicyConfig: got policy = {self.policy!r}, wanted {known.allowed(self.policy)}.")

    @property
    def ours(self) -> str:
        """One of ``POLICIES`` or a file: how ours answers where a class of the user's does not."""
        named = self.policy in POLICIES or self.policy.endswith(FILES)
        return self.policy if named else "auto"


@dataclass(frozen=True, slots=True)
class PolicyConstants:
    """Sizes of the policy that are not settings; authored unless a source is named.

    Attributes:
        reaction_time: Seconds over which what is perceived is weighed before it is answered.
        longest_gap: Seconds that a pause between images counts at most.
        own_spread: Distance in VAD at which an emotion is no more that of the robot's own state.
        attention_margin: How much more another person must stand out, times ``margin``.
        used_up: Seconds of the same emotion after which the answer to it grows weaker, and in
            which it does; and the share that is left.
        to_calm: Intensity of an answer to somebody calm.
        felt: Share of the policy's answer in what the robot feels; the rest is the transition
            model's.
        quiet: Arousal that the state falls by when nobody is there for long.
        sorry: Seconds for which the robot is sorry for an error that somebody minds.
        minded: Valence below which the reaction to an error is one.
        soonest: Seconds after an error in which a reaction cannot yet be to it.
    """

    reaction_time: float = 0.15
    longest_gap: float = 5.0
    own_spread: float = 0.3
    attention_margin: float = 1.5
    used_up: tuple[float, float, float] = (6.0, 20.0, 0.5)
    to_calm: float = 0.3
    felt: float = 0.6
    quiet: float = 0.3
    sorry: float = 4.0
    minded: float = -0.15
    soonest: float = 1.0
