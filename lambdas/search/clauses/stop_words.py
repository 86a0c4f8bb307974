"""Stop words: words of a query that carry no meaning for the search. Pure."""

import re
from collections.abc import Set as AbstractSet

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
# A word as OpenSearch's standard tokenizer cuts it, or longer: `created_at`, `www.the-who.com` in two, `C++`, `.net`.
# A longer one is never mistaken for a stop word, so that the parts of a name stay together.
WORD = re.compile(r"\.?\w+(?:['\u2019.:]\w+)*(?:\+\+|#)?")


def list_stop_words(item: Property) -> frozenset[str]:
    """Return the words that a query leaves out when it searches a property."""
    if isinstance(item.stop_words, list):
        return frozenset(word.lower() for word in item.stop_words)
    chosen = item.stop_words or ("english" if item.tokenization == "english" else "none")
    return ENGLISH if chosen == "english" else frozenset()


def list_content_words(text: str, stop_words: AbstractSet[str] = ENGLISH) -> list[str]:
    """Return the words of a text that are not stop words, as written."""
    return [word for word in WORD.findall(text) if word.lower().replace("\u2019", "'") not in stop_words]


def remove_stop_words(text: str, stop_words: AbstractSet[str] = ENGLISH) -> str:
    """Return the text without its stop words. A text of nothing but stop words is returned unchanged."""
    if not stop_words:
        return text
    kept = WORD.sub(lambda found: found[0] if list_content_words(found[0], stop_words) else "", text)
    return " ".join(kept.split()) if WORD.search(kept) else text
