"""Decoders in turn, thinned to a rate and framed: one frame after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.perception.sources.decoder import Decoder, require_sides
from kinesics_core.perception.sources.framing import Framing
from kinesics_core.types import NANOSECONDS, Frame

_SLACK = 0.45
"""Share of a frame's time by which an uneven video's image may come before it is due."""


class Playlist:
    """The frames of one or several decoders; for the arguments see ``open_source``.

    Attributes:
        fps: Frames per second of the decoder that gave the latest frame.
        size: (width, height) of the first frame, px.
        total: Number of frames altogether, or None if endless or unknown.
        live: Whether any decoder is live.
        index: Number of frames given or passed over: the index of the next one.
        clock: Seconds of the stream at the frame grabbed.
    """

    def __init__(
        self, decoders: Sequence[Decoder], framing: Framing | None = None, *,
        rate: float | None = None, loop: bool = False,
    ) -> None:
        self._decoders = list(decoders)
        self._framing = framing or Framing()
        self._rate = rate
        self._loop = loop
        self.live = any(decoder.live for decoder in decoders)
        self.fps = self._rate_of(decoders[0])
        self.size = self._framing.size_of(decoders[0].size)
        totals = [self._total_of(decoder) for decoder in decoders]
        self.total = None if loop or None in totals else sum(t for t in totals if t is not None)
        self._place = 0  # of the decoder
        self._began = 0.0  # seconds of the stream at its first image
        self._taken = 0  # images consumed of it
        self._slot = 0  # frames of it, given or passed over
        self._due = 0.0  # seconds of it before which no image is wanted
        self.index = 0
        self.clock = 0.0
        self._latest = -1.0  # the clock at the latest frame
        self._gave = False  # anything at all, since the start or the last rewind
        self._finished = False

    @property
    def decoder(self) -> Decoder:
        """The decoder of the next frame."""
        return self._decoders[self._place]

    @property
    def unreadable(self) -> int:
        """Image files that could not be decoded and were left out."""
        return sum(decoder.unreadable for decoder in self._decoders)

    def grab(self) -> bool:
        """Go to the next frame, to be retrieved or dropped; return False at the end."""
        while not self._finished:
            decoder = self.decoder
            if not decoder.grab():
                self._advance()
                continue
            self._taken += 1
            if self._is_wanted(decoder):
                self.fps = self._rate_of(decoder)
                # Stamps rise, whatever a damaged file says.
                self.clock = max(self._began + self._time_of(decoder), self._latest + 1e-6)
                return True
        self.close()
        return False

    def retrieve(self) -> Frame | None:
        """Decode the frame grabbed; None if it is a file that cannot be decoded."""
        image = self.decoder.retrieve()
        if image is None:
            self._taken -= 1
            return None
        image = require_sides(self._framing.apply(image), self.decoder.name)
        frame = Frame(image, round(self.clock * NANOSECONDS), self.index)
        self.drop()
        return frame

    def drop(self) -> None:
        """Pass over the frame grabbed."""
        self._due = max(self._due + 1.0 / self.fps, self.clock - self._began + 0.5 / self.fps)
        self._latest = self.clock
        self._slot += 1
        self.index += 1
        self._gave = True

    def close(self) -> None:
        """Release all decoders. May be called twice."""
        for decoder in self._decoders:
            decoder.close()

    def _is_wanted(self, decoder: Decoder) -> bool:
        """Return whether the image grabbed is a frame, or is thinned away."""
        if self._rate is None:
            return True
        if decoder.time is None:
            return self._taken > int(self._slot * decoder.fps / self._rate_of(decoder) + 0.5)
        return decoder.time >= self._due - _SLACK / self._rate

    def _time_of(self, decoder: Decoder) -> float:
        """Return the seconds of the decoder at the image grabbed."""
        if decoder.time is None:
            return self._slot / self._rate_of(decoder)
        return decoder.time

    def _advance(self) -> None:
        """Go on with the next decoder, or with the first again, or finish."""
        self._began += self._time_of(self.decoder)
        self._taken, self._slot, self._due = 0, 0, 0.0
        if self._place + 1 < len(self._decoders):
            self._place += 1
        elif self._loop and self._gave:
            self._place, self._gave = 0, False
        else:
            self._finished = True
            return
        self.decoder.rewind()

    def _rate_of(self, decoder: Decoder) -> float:
        """Return the frames per second given of a decoder: thinned, never made up."""
        return min(self._rate or decoder.fps, decoder.fps)

    def _total_of(self, decoder: Decoder) -> int | None:
        if decoder.total is None:
            return None
        step = decoder.fps / self._rate_of(decoder)
        return max(1, int(np.ceil((decoder.total - 0.5) / step)))
