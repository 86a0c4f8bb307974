"""Stop words: words of a query that carry no meaning for the search. Pure."""

import re
import unicodedata
from collections.abc import Set as AbstractSet

from lambdas.collections.analysis import APOSTROPHES, INVISIBLE
from lambdas.collections.properties import Property

# The Snowball project's English list (BSD licence), longer than the 33 words that the `english` analyzer drops on
# its own. Removed from the query only: the index keeps them, so a phrase is still found with them.
ENGLISH = frozenset(
    # As text: easier to read than a list of 180 quoted words.
    """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it
    its itself they them their theirs themselves what which who whom this that these those am is are was were be been
    being have has had having do does did doing would should could ought i'm you're he's she's it's we're they're i've
    you've we've they've i'd you'd he'd she'd we'd they'd i'll you'll he'll she'll we'll they'll isn't aren't wasn't
    weren't hasn't haven't hadn't doesn't don't didn't won't wouldn't shan't shouldn't can't cannot couldn't mustn't
    let's that's who's what's here's there's when's where's why's how's a an the and but if or because as until while
    of at by for with about against between into through during before after above below to from up down in out on off
    over under again further then once here there when where why how all any both each few more most other some such
    no nor not only own same so than too very can will just
    """.split()  # noqa: SIM905
)
# The words that OpenSearch's filter `stop` drops from the fields named `content`.
DROPPED = frozenset(
    """
    a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to
    was will with
    """.split()  # noqa: SIM905
)
# The words of a text, also those inside of names: `createdAt`, `created_at`.
PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
# A query of which so few words would be left, less than half of them, keeps its stop words, which are the question:
# "who produced the most films". In longer queries they cost up to .009 of nDCG@10.
FEW_WORDS = 2
# Signs around a word that are not part of it. `C++`, `A*` and `#` keep theirs.
AROUND = (
    ".,:;!?()[]{}<>|/\\\"'\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u2026\u2013\u2014-\u00bf\u00a1\u3001\u3002"
)
FORMS = str.maketrans(dict.fromkeys(APOSTROPHES, "'") | dict.fromkeys(INVISIBLE, ""))


def list_stop_words(item: Property) -> frozenset[str]:
    """Return the words that a query leaves out when it searches a property."""
    if isinstance(item.stop_words, list):
        return frozenset(_fold_forms(word) for word in item.stop_words)
    chosen = item.stop_words or ("english" if item.tokenization == "english" else "none")
    return ENGLISH if chosen == "english" else frozenset()


def has_dropped_word(text: str) -> bool:
    """Whether a text has a word, or a name has a part, that the fields named `content` do not have."""
    plain = unicodedata.normalize("NFKC", text.translate(FORMS))
    return any(part.lower() in DROPPED for part in PART.findall(plain)) or any(
        word.strip(AROUND).lower() in DROPPED for word in plain.split()
    )


def list_content_words(text: str, stop_words: AbstractSet[str] = ENGLISH) -> list[str]:
    """Return the words of a text that are not stop words, as written, with the signs around them."""
    return [word for word in _list_kept(text, stop_words) if _has_letters(word)]


def remove_stop_words(text: str, stop_words: AbstractSet[str] = ENGLISH) -> str:
    """Return the text without its stop words. A short text that would lose more than half of its words keeps them."""
    kept = _list_kept(text, stop_words)
    words = sum(map(_has_letters, text.split()))
    left = sum(map(_has_letters, kept))
    return " ".join(kept) if left > FEW_WORDS or 0 < words <= 2 * left else text


def _list_kept(text: str, stop_words: AbstractSet[str]) -> list[str]:
    """Return what stands between the blanks of a text, without the stop words.

    Words end at blanks only: the parts of `created_at`, `AT&T` and `state-of-the-art` are never stop words. In a text
    with small letters a word in capitals is a name (`IT support`, `guidelines of the WHO`).
    """
    has_small_letters = any(letter.islower() for letter in text)
    return [word for word in text.split() if not _is_stop_word(word, stop_words, has_small_letters=has_small_letters)]


def _has_letters(word: str) -> bool:
    return any(letter.isalnum() for letter in word)


def _is_stop_word(word: str, stop_words: AbstractSet[str], *, has_small_letters: bool) -> bool:
    core = word.strip(AROUND)
    if has_small_letters and len(core) > 1 and core.isupper():
        return False
    # A dot before a word is a name, such as `.it`.
    return _fold_forms(core) in stop_words and word[:1] != "."


def _fold_forms(word: str) -> str:
    """Return a word in small letters, in the one form that the index has of its characters."""
    return unicodedata.normalize("NFKC", word.translate(FORMS)).lower()
