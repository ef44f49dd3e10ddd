"""The language of a text: English, or a sentence that says why not.

Three things decide: the script of its letters; the share of its words that English texts use (a
list made in training); and short frequent words of other languages, each counting the less the
more frequent it is in English too ("die", "war").
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from kinesics_core.errors import KinesicsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ENGLISH = "English"
"""Name that ``TextReading.language`` has for a text that was read."""

FEWEST_KNOWN = 0.5
"""Share of words that English texts use, above which a text is English; names do not count."""
OTHER_SCRIPT = 0.3
"""Share of letters of another script, above which a text is of another language."""
FOREIGN = 0.28
"""Share of short words of another language, from which on it is that one, if English has fewer."""
FOREIGN_ALL_KNOWN = 0.5
"""The same where every word is known in English too ("ik ben bang")."""
FEW = 3
"""Words of a text too short to be of another language when all of them are English."""

_SCRIPTS = {
    "CJK": "Chinese or Japanese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese",
    "HANGUL": "Korean", "CYRILLIC": "Cyrillic script", "ARABIC": "Arabic script",
    "HEBREW": "Hebrew", "GREEK": "Greek", "DEVANAGARI": "Devanagari script", "THAI": "Thai",
    "BENGALI": "Bengali", "TAMIL": "Tamil", "GEORGIAN": "Georgian", "ARMENIAN": "Armenian",
}
"""First word of a letter's Unicode name -> what the sentence calls it."""


class EnglishWords:
    """Words of English texts, the most frequent first."""

    def __init__(self, words: list[str]) -> None:
        self._rank = {word: rank for rank, word in enumerate(words)}

    def __contains__(self, word: str) -> bool:
        return word in self._rank

    def frequent(self, word: str, first: int) -> bool:
        """Return whether a word is one of the ``first`` most frequent."""
        return self._rank.get(word, first) < first


def require_english(text: str, english: EnglishWords) -> None:
    """Refuse a text of another language.

    Args:
        text: Not empty. A text without letters (emoji, "?!") passes.
        english: Words that English texts use.

    Raises:
        KinesicsError: It is not English; the sentence names the language where it can.
    """
    script = _foreign_script(text)
    if script:
        raise _refusal(text, script)
    written = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)*", text)
    known = [_is_known(word.lower(), english) for word in written]
    if all(known) and len(written) < FEW:
        return
    tokens = [word.lower().replace("’", "'") for word in written]
    language, share, own = _nearest(tokens, english)
    if share >= (FOREIGN_ALL_KNOWN if all(known) else FOREIGN) and share > own:
        raise _refusal(text, language)
    if not _mostly_known(written, known):
        raise _refusal(text, language if share > 0.0 else "")


def _is_known(word: str, english: EnglishWords) -> bool:
    """Return whether a word is English: as it is, before its apostrophe, or in a plainer form.

    Plainer: without accents ("naïve"), or with letters drawn out ("soooo", "gooood") cut to one or
    two.
    """
    plain = unicodedata.normalize("NFD", word).encode("ascii", "ignore").decode()
    forms = (word, re.split("['’]", word)[0], plain, *(
        re.sub(r"(.)\1{2,}", kept, word) for kept in (r"\1", r"\1\1")))
    return any(form in english for form in forms)


def _mostly_known(written: list[str], known: list[bool]) -> bool:
    """Return whether more than a share of the words are known, names left out."""
    counted = [is_known for word, is_known in zip(written, known, strict=True)
               if is_known or not word[0].isupper()]
    return any(known) and sum(known) > FEWEST_KNOWN * len(counted)


def _nearest(tokens: list[str], english: EnglishWords) -> tuple[str, float, float]:
    """Return the language that most short words are of, their share, and that of English ones.

    A word of both languages counts half for the other and not for English.
    """
    best, most, own = "", 0.0, 0.0
    for language, words in _short_words().items():
        weight = sum((0.5 if english.frequent(token, 2000) else 1.0)
                     for token in tokens if token in words)
        if weight > most:
            best, most = language, weight
            own = sum(english.frequent(token, 150) for token in tokens if token not in words)
    return best, most / len(tokens), own / len(tokens)


@functools.cache
def _short_words() -> Mapping[str, frozenset[str]]:
    table = tomllib.loads(Path(__file__).with_name("languages.toml").read_text(encoding="utf-8"))
    return {language: frozenset(words.split()) for language, words in table.items()}


def _foreign_script(text: str) -> str:
    """Return the script of most letters in words, "" if it is the Latin one."""
    kinds: Counter[str] = Counter()
    for character in text[:2000]:
        if character.isalpha():
            kinds[unicodedata.name(character, "").partition(" ")[0]] += 1
    foreign = sum(number for name, number in kinds.items() if name in _SCRIPTS)
    if foreign <= OTHER_SCRIPT * kinds.total():
        return ""
    return _SCRIPTS[max(_SCRIPTS, key=lambda name: kinds[name])]


def _refusal(text: str, language: str) -> KinesicsError:
    shown = text.strip()[:40]
    what = f"a text that looks like {language}" if language else "a text that is not English"
    return KinesicsError(
        f"Got {what} ({shown!r}); the text model reads English alone. Translate it first, or give"
        " an emotion by name.")
