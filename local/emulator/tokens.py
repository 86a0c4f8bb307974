"""How many tokens a text costs. An estimate: the real tokenizers are not public."""

import re

# Words count one token per six characters begun, every other visible character one: about 4.5 characters of English.
_TOKEN = re.compile(r"\w{1,6}|[^\w\s]")


def count_tokens(text: str) -> int:
    """At least 1, as the real models count."""
    return max(1, sum(1 for _ in _TOKEN.finditer(text)))


def keep_first(text: str, limit: int) -> str:
    """The text up to and including its token number `limit`."""
    for count, token in enumerate(_TOKEN.finditer(text), start=1):
        if count == limit:
            return text[: token.end()]
    return text


def keep_last(text: str, limit: int) -> str:
    starts = [token.start() for token in _TOKEN.finditer(text)]
    return text if len(starts) <= limit else text[starts[-limit] :]
