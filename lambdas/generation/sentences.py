"""Cuts text into sentences. Pure."""

import re

# Longer sentences are cut at a blank: a quote should be short enough to be read.
MAX_SENTENCE = 1_000
# The end of a sentence: a mark, closing quotes and brackets, white space. Or an empty line. Or an ideographic mark.
# U+2026, U+201D and U+2019 are the ellipsis and closing quotes; U+3002, U+FF01 and U+FF1F the ideographic marks.
_END = re.compile("(?<=[.!?\\u2026])[\"'\\u201d\\u2019)\\]]*\\s+|\\n[^\\S\\n]*\\n\\s*|(?<=[\\u3002\\uff01\\uff1f])")


def split_sentences(text: str) -> list[str]:
    """Return the sentences, each with the white space after it: joined, they are the text."""
    parts: list[str] = []
    start = 0
    for end in (match.end() for match in _END.finditer(text)):
        if text[start:end].strip():
            parts += _cut_long(text[start:end])
            start = end
    if start < len(text):
        rest = text[start:]
        if rest.strip() or not parts:
            parts += _cut_long(rest)
        else:
            parts[-1] += rest
    return parts


def _cut_long(sentence: str) -> list[str]:
    pieces = []
    while len(sentence) > MAX_SENTENCE:
        blank = max(sentence.rfind(sign, MAX_SENTENCE // 2, MAX_SENTENCE) for sign in " \n")
        end = blank + 1 if blank >= 0 else MAX_SENTENCE
        pieces.append(sentence[:end])
        sentence = sentence[end:]
    return [*pieces, sentence] if sentence else pieces


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has: one for four bytes, as for embeddings."""
    return 1 + len(text.encode("utf-8", "surrogatepass")) // 4
