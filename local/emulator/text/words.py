"""The words of a text, for scores by words: their stems, and how rare they are in English."""

import math
import re
from functools import cache

from tokenizers import Tokenizer

from local.emulator.graph import tokenizer_path

# Forms of a long word ("encrypt", "encryption") share so many letters.
FORM_LETTERS = 6
# Names in camel case are one word: "AmazonApiGatewayV2".
LEAST_PART = 3
_WORD = re.compile(r"[^\W_]+")
_COMMON_TEXT = (
    "a an and any are as at be been but by can could do does for from had has have how i if in into is it its me my "
    "of on or our should so that the their them then there these they this those to was we were what when where "
    "which who whom why will with would you your"
)
_COMMON = frozenset(_COMMON_TEXT.split())
# The first whole word of the vocabulary, whose words are ordered by how often they are written: "the".
_FIRST_WORD = 1_996


def words(text: str) -> set[str]:
    """Lower case, without common words, endings of the plural and the like cut."""
    return {stem(word) for word in split_words(text)}


def stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word.removesuffix(ending)
    return word


def split_words(text: str) -> list[str]:
    """In their order and form, lower case, without common words."""
    return [word for word in _WORD.findall(text.lower()) if word not in _COMMON]


def has_form(wanted: str, known: set[str]) -> bool:
    """Whether the stem is among the known, in one of them ("api" in "amazonapigateway"), or the beginning of one."""
    if wanted in known:
        return True
    part = wanted[:FORM_LETTERS]
    return len(wanted) >= LEAST_PART and any(part in each for each in known)


def rarity(word: str) -> float:
    """From 0 (the commonest words) to 1 (a word that MiniLM's vocabulary does not have as a whole)."""
    place = _vocabulary().get(word)
    if place is None:
        return 1.0
    return max(0.0, math.log(place / _FIRST_WORD) / math.log(len(_vocabulary()) / _FIRST_WORD))


@cache
def _vocabulary() -> dict[str, int]:
    return Tokenizer.from_file(str(tokenizer_path())).get_vocab()
