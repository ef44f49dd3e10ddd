"""Your own policy in the place of ours: a class with one method.

    python examples/own_policy.py                                    # tries it on a written trace
    kinesics up --source 0 --policy examples/own_policy.py:Host      # lives with it

What it leaves open (it returns None) our policy answers. Ours also looks after whom to attend to,
the robot's own state and where it looks, and takes over when this one raises or is slow. To be
found by a name alone, a package of yours names its class as an entry point in its pyproject.toml:

    [project.entry-points."kinesics.policies"]
    host = "my_package:Host"
"""

from kinesics_core.mind.own_policy import OwnAnswer, Situation, SupervisedPolicy
from kinesics_core.mind.perceived import replay
from kinesics_core.mind.policy import ResponsePolicy
from kinesics_core.mind.trace import parse_trace

SAD = 3  # constant of kinesics/Affect


class Host:
    """A host: bows to who is new, worries with who is sad, leaves the rest to ours."""

    def __init__(self) -> None:
        self.welcomed: set[int] = set()

    def answer(self, situation: Situation) -> OwnAnswer | None:
        """Return what to show in this situation, or None."""
        person = situation.ours.towards
        if person and person not in self.welcomed:
            self.welcomed.add(person)
            return OwnAnswer("happiness", 0.5, gesture="bow", duration=2.0,
                             reason=f"Person {person} is new here.")
        if situation.affect is not None and situation.affect.categories[SAD] > 0.5:
            return OwnAnswer("sadness", 0.4, gesture="hand_to_chest", duration=3.0,
                             reason=f"Person {person} is sad.")
        return None


TRACE = """
- {at: 0.5, engagement: engaging}
- {at: 4.0, emotion: sadness, intensity: 0.8}
- {at: 8.0, emotion: happiness, intensity: 0.8}
- {at: 12.0, leaves: true}
"""


def main() -> None:
    """Print each new answer to the trace, and whose it is."""
    policy = SupervisedPolicy(ResponsePolicy(), Host(), "host", patience=1.0)
    before = ""
    for seen, response in replay(parse_trace(TRACE).frames(), policy):
        if response.reason != before:
            before = response.reason
            print(f"{seen.people.stamp / 1e9:5.1f} s  {response.policy}: {before}")


if __name__ == "__main__":
    main()
