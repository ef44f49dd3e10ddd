"""Decoders in turn, thinned to a rate and shrunk to a size: one frame after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinesics_core.perception.sources.decoder import Decoder
from kinesics_core.perception.sources.shrinking import fitted_size, shrink
from kinesics_core.types import NANOSECONDS, Frame

_NO_IMAGE = np.empty((0, 0, 3), np.uint8)


class Playlist:
    """The frames of one or several decoders; for the arguments see ``open_source``.

    Attributes:
        fps: Frames per second of the decoder that gave the latest frame.
        size: (width, height) of the first frame, px.
        total: Number of frames altogether, or None if endless or unknown.
        live: Whether any decoder is live.
        index: Number of frames given or passed over: the index of the next one.
        clock: Seconds of the stream at the next frame.
    """

    def __init__(
        self, decoders: Sequence[Decoder], *, fit: tuple[int, int] | None, rate: float | None,
        loop: bool,
    ) -> None:
        self._decoders = list(decoders)
        self._fit = fit
        self._rate = rate
        self._loop = loop
        self.live = any(decoder.live for decoder in decoders)
        self.fps = self._rate_of(decoders[0])
        self.size = fitted_size(decoders[0].size, fit)
        totals = [self._total_of(decoder) for decoder in decoders]
        self.total = None if loop or None in totals else sum(t for t in totals if t is not None)
        self._place = 0  # of the decoder
        self._taken = 0  # images consumed of it
        self._slot = 0  # frames of it, given or passed over
        self.index = 0
        self.clock = 0.0
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

    def next(self, want: bool = True) -> Frame | None:
        """Decode the next frame, or return None at the end.

        Args:
            want: False passes over the frame; its ``image`` is then empty.
        """
        while not self._finished:
            decoder = self.decoder
            rate = self._rate_of(decoder)
            due = int(self._slot * decoder.fps / rate + 0.5)
            ended = False
            while self._taken < due and not ended:
                ended = not decoder.skip()
                self._taken += 1
            image = None
            if not ended:
                image = decoder.next() if want else _NO_IMAGE if decoder.skip() else None
            if image is not None:
                self._taken += 1
                self._slot += 1
                frame = Frame(
                    image=shrink(image, self._fit) if want else image,
                    stamp=round(self.clock * NANOSECONDS),
                    index=self.index,
                )
                self.index += 1
                self.clock += 1.0 / rate
                self.fps = rate
                self._gave = True
                return frame
            if not self._advance():
                break
        self.close()
        return None

    def close(self) -> None:
        """Release all decoders. May be called twice."""
        for decoder in self._decoders:
            decoder.close()

    def _advance(self) -> bool:
        """Go on with the next decoder, or with the first again; return False at the end."""
        self._taken = self._slot = 0
        if self._place + 1 < len(self._decoders):
            self._place += 1
        elif self._loop and self._gave:
            self._place, self._gave = 0, False
        else:
            self._finished = True
            return False
        self.decoder.rewind()
        return True

    def _rate_of(self, decoder: Decoder) -> float:
        """Return the frames per second given of a decoder: thinned, never made up."""
        return min(self._rate or decoder.fps, decoder.fps)

    def _total_of(self, decoder: Decoder) -> int | None:
        if decoder.total is None:
            return None
        step = decoder.fps / self._rate_of(decoder)
        return max(1, int(np.ceil((decoder.total - 0.5) / step)))
