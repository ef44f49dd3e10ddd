"""A language model as the robot's mind: it publishes ``response``, and ours steps back meanwhile.

    kinesics up --source 0                                   # in one terminal: the loop
    python examples/language_model.py --model qwen2.5:3b     # in another: this mind

Every few seconds the model is told in words who is there and how they seem, and answers with one
line of JSON. Any server that speaks OpenAI's chat protocol will do, such as Ollama or llama.cpp on
this machine. While nothing comes, because it thinks, is not there or talks nonsense, our own policy
answers: nothing here has to care.
"""

import argparse
import json
import threading
import urllib.request

import numpy as np
import rclpy
from rclpy.node import Node

from kinesics.msg import Affect, AffectiveResponse
from kinesics_core.affect.emotions import EMOTIONS

GESTURES = ("", "nod", "wave", "shrug", "open_arms", "lean_in", "hand_to_chest", "clap", "bow")
PROMPT = (
    "You are the mind of a kind robot without a voice. You are told how a person seems. Answer with"
    ' one line of JSON and nothing else: {"emotion": ..., "intensity": 0 to 1, "gesture": ...,'
    f' "why": "one sentence"}}. Emotions: happiness, surprise, sadness, fear, neutral. Gestures: '
    f"{', '.join(filter(None, GESTURES))}, or an empty text.")


def ask(url: str, model: str, situation: str) -> dict:
    """Return the model's answer; raises whatever goes wrong."""
    body = {"model": model, "messages": [
        {"role": "system", "content": PROMPT}, {"role": "user", "content": situation}]}
    request = urllib.request.Request(
        f"{url}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30.0) as reply:
        text = json.load(reply)["choices"][0]["message"]["content"]
    answer = json.loads(text[text.index("{") : text.rindex("}") + 1])
    if answer["emotion"] not in EMOTIONS or answer.get("gesture", "") not in GESTURES:
        raise ValueError(f"got {answer}")
    return answer


class LanguageMind(Node):
    """Node that hears ``affect`` and answers on ``response``."""

    def __init__(self, url: str, model: str, period: float) -> None:
        super().__init__("language_model")
        self.url, self.model = url, model
        self.affect: Affect | None = None
        self.thinking = threading.Lock()
        self.create_subscription(Affect, "affect", self.on_affect, 5)
        self.answers = self.create_publisher(AffectiveResponse, "response", 5)
        self.create_timer(period, self.wonder)

    def on_affect(self, affect: Affect) -> None:
        """Keep the newest reading."""
        self.affect = affect

    def wonder(self) -> None:
        """Ask the model in a thread, unless it still thinks."""
        affect, self.affect = self.affect, None
        if affect is not None and self.thinking.acquire(blocking=False):
            threading.Thread(target=self.think, args=(affect,), daemon=True).start()

    def think(self, affect: Affect) -> None:
        """Ask and publish."""
        try:
            emotion = EMOTIONS[int(np.argmax(affect.categories))]
            answer = ask(self.url, self.model, (
                f"Person {affect.person_id} shows {emotion}, valence {affect.valence:+.1f},"
                f" arousal {affect.arousal:+.1f}, certainty {affect.confidence:.0%}."))
            self.answers.publish(AffectiveResponse(
                header=affect.header, policy="language_model",
                emotion=EMOTIONS.index(answer["emotion"]),
                intensity=float(np.clip(float(answer.get("intensity", 0.5)), 0.0, 1.0)),
                towards=affect.person_id, bearing=[float("nan")] * 2,
                gesture=answer.get("gesture", ""), duration=4.0, reason=str(answer.get("why", ""))))
            self.get_logger().info(f"{emotion}: {answer}")
        except Exception as error:
            self.get_logger().warning(f"no answer, ours goes on: {error!r}")
        finally:
            self.thinking.release()


def main() -> None:
    """Spin until Ctrl-C."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="http://localhost:11434/v1")
    parser.add_argument("--model", default="qwen2.5:3b")
    parser.add_argument("--period", type=float, default=3.0, help="seconds")
    args, ros_arguments = parser.parse_known_args()
    rclpy.init(args=ros_arguments)
    try:
        rclpy.spin(LanguageMind(args.url, args.model, args.period))
    except KeyboardInterrupt:
        pass
    except Exception:
        if rclpy.ok():  # else a signal shut ROS down under whatever was being done
            raise
    finally:
        rclpy.try_shutdown()


if __name__ == "__main__":
    main()
