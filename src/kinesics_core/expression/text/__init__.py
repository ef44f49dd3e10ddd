"""Text -> emotion: what a sentence says of a mood, or of a face, as a distribution over eight."""

from kinesics_core.expression.text.reader import TextReader, TextReading

__all__ = ["TextReader", "TextReading"]
