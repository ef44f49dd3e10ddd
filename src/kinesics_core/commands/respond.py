"""``kinesics respond SOURCE --personality P --plot FILE``: what a mind makes of it, and why."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kinesics_core import files, option_types
from kinesics_core.commands import respond_sources, tables
from kinesics_core.errors import KinesicsError
from kinesics_core.settings import add_option, settings_of

if TYPE_CHECKING:
    from kinesics_core.view.mind_plot import Story

HELP = "replay a recording, a video or a written trace through the mind; show decisions and why"

_SIGNIFICANT = ("towards", "policy", "emotion", "gesture")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``kinesics respond``."""
    from kinesics_core.mind.policy import PolicyConfig

    parser.description = (
        "Runs the very same policy as the live loop over what was recorded or written: a bag, a"
        " video, a clip of a dataset (DATASET/CLIP), a written trace (.yaml, .jsonl; see"
        " docs/mind.md), `person` (a simulated one, who is moved by the answers) or `robot`"
        " (another of our robots, who answers too). Prints each decision with its reason."
    )
    parser.add_argument("source", metavar="BAG|VIDEO|DATASET/CLIP|TRACE|person|robot")
    parser.add_argument(
        "--personality", metavar="P", default="warm",
        help="a shipped one or a parameter file; several with commas answer the same side by side"
        " (default: %(default)s); of `robot` the two that face each other")
    add_option(parser, settings_of(PolicyConfig, "policy")[0])
    parser.add_argument("--mood", metavar="EMOTION[=SHARE]", default="neutral",
                        help="of the simulated person (default: %(default)s)")
    parser.add_argument("--duration", metavar="S", type=option_types.seconds,
                        help="end after so many seconds (`person`, `robot`: 30)")
    parser.add_argument("--seed", metavar="N", type=option_types.whole(0, 2**31 - 1), default=0,
                        help="of the minds and of the simulated person")
    parser.add_argument("--plot", metavar="FILE", type=Path, help="picture (.png, .jpg)")
    parser.add_argument("--sheet", metavar="FILE", type=Path,
                        help="picture of the robots of several personalities side by side")
    parser.add_argument("--video", metavar="FILE", type=Path,
                        help="silent video (.mp4) of those robots side by side")
    parser.add_argument("--no-words", action="store_true", help="leave names and answers out of"
                        " the video, so that viewers can be asked which mind is which")
    parser.add_argument("--json", metavar="FILE", type=Path, help="decisions and every state")


def run(args: argparse.Namespace) -> int:
    """Replay, print the decisions, write picture and figures."""
    from kinesics_core.view.mind_plot import decisions, mind_plot

    for file in filter(None, (args.plot, args.sheet, args.video, args.json)):
        files.require_writable(file)
    for picture in filter(None, (args.plot, args.sheet)):
        if picture.suffix.lower() not in (".png", ".jpg", ".jpeg"):
            raise KinesicsError(f"Got {picture}; wanted a name that ends in .png or .jpg.")
    if args.video is not None and args.video.suffix.lower() != ".mp4":
        raise KinesicsError(f"Got {args.video}; wanted a name that ends in .mp4.")
    names = [name.strip() for name in args.personality.split(",") if name.strip()]
    if not names:
        raise KinesicsError("Got no personality; wanted a shipped one or a file.")
    told = respond_sources.stories(args.source, names, args)
    if not told.stories[0].steps:
        raise KinesicsError(f"{args.source} has no image to answer.")
    for story in told.stories:
        _print(story, decisions(story))
    _tell_pauses(told.stories[0])
    if args.plot is not None:
        from kinesics_core.render.picture import save_picture

        save_picture(args.plot, mind_plot(told.stories, told.title, told.notes))
        print(f"look at {args.plot}")
    if args.sheet is not None:
        from kinesics_core.render.picture import save_picture
        from kinesics_core.view.mind_sheet import mind_sheet

        save_picture(args.sheet, mind_sheet(told.stories, told.title))
        print(f"look at {args.sheet}")
    if args.video is not None:
        _write_video(args.video, told.stories, not args.no_words)
        print(f"look at {args.video}")
    if args.json is not None:
        files.write_json(args.json, {
            "source": args.source, "minds": [_document(story) for story in told.stories]})
        print(f"wrote {args.json}")
    return 0


def _write_video(path: Path, stories: Sequence[Story], words: bool) -> None:
    from rich.console import Console
    from rich.progress import Progress

    from kinesics_core.view.mind_video import frame_count, write_video

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("frames", total=frame_count(stories))
        write_video(path, stories, words, lambda: progress.advance(bar))


def _print(story: Story, found: Sequence[Any]) -> None:
    from kinesics_core.affect.emotions import EMOTIONS

    rows = []
    for decision in found:
        response = decision.response
        if not set(decision.changed) & set(_SIGNIFICANT):
            continue
        early = " (early)" if getattr(response, "anticipated", False) else ""
        rows.append([
            f"{decision.seconds:.1f} s", str(response.towards or "-"), response.policy,
            f"{EMOTIONS[response.emotion]} {response.intensity:.2f}", response.gesture + early,
            response.reason])
    print(f"{story.name}: {len(rows)} decisions in {story.times()[-1]:.1f} s")
    tables.print_rows(("time", "to", "way", "shows", "gesture", "why"), rows)


def _tell_pauses(story: Story) -> None:
    """Say where the images' clock is not that of the decisions."""
    from kinesics_core.mind.policy_config import PolicyConstants
    from kinesics_core.types import NANOSECONDS

    lasted = (story.steps[-1][1].stamp - story.steps[0][1].stamp) / NANOSECONDS
    shown = float(story.times()[-1])
    if abs(lasted - shown) > 0.5:
        print(f"The images' stamps jump: the last is {lasted:.1f} s after the first; {shown:.1f}"
              f" s are shown. A pause counts {PolicyConstants().longest_gap:g} s at most, a step"
              " back nothing.")


def _document(story: Story) -> dict[str, Any]:
    from kinesics_core.affect.emotions import EMOTIONS
    from kinesics_core.view.mind_plot import decisions

    responses = [response for _, response in story.steps]
    frames: dict[str, list[Any]] = {
        "seconds": [round(float(seconds), 3) for seconds in story.times()],
        **{name: [round(float(getattr(response, name)), 4) for response in responses]
           for name in ("valence", "arousal", "dominance", "intensity")},
        "emotion": [EMOTIONS[response.emotion] for response in responses],
        **{name: [getattr(response, name) for response in responses]
           for name in ("towards", "policy", "gesture")},
    }
    return {
        "name": story.name,
        "temperament": [round(float(value), 4) if np.isfinite(value) else None
                        for value in story.temperament],
        "decisions": [{
            "seconds": round(decision.seconds, 3), "changed": list(decision.changed),
            "towards": decision.response.towards, "policy": decision.response.policy,
            "emotion": EMOTIONS[decision.response.emotion],
            "intensity": round(float(decision.response.intensity), 4),
            "gesture": decision.response.gesture,
            "anticipated": bool(getattr(decision.response, "anticipated", False)),
            "cause": getattr(decision.response, "cause", ""),
            "reason": decision.response.reason,
            "factors": dict(zip(getattr(decision.response, "factors", ()),
                                map(float, getattr(decision.response, "factor_values", ())),
                                strict=True)),
        } for decision in decisions(story)],
        "frames": frames,
    }
