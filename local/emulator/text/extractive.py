"""The default text model: it quotes. The best one to three sentences of the passages, word for word, or a refusal.

No language model: each sentence is scored by the cosine of its MiniLM vector with the question's and by the share of
the question's words that the sentence or its passage has. It shows that citations are right and that nothing is
invented; it shows nothing of how a real model writes.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from local.emulator.model import Embedder
from local.emulator.text.prompt import Passage, Piece, Prompt, Quote, Written
from local.emulator.text.words import has_form, rarity, split_words, stem, words
from local.emulator.vectors import Floats

UNKNOWN = "The passages do not say."
MOST_SENTENCES = 3
# Chosen on benchmarks/questions/tuning_*.txt, not on the questions of the acceptance run.
THRESHOLD = 0.45
# Of word shares alone, with the stub.
WORDS_THRESHOLD = 0.5
# A sentence that is near in meaning but has hardly a word of the question proves nothing.
LEAST_SHARE = 0.3
# A name or a title says less than a sentence.
HEADING_SHARE = 0.6
# "For details, see ..." says nothing itself.
REFERENCE_SHARE = 0.7
HEADING_CHARACTERS = 100
# A text's first sentence says more than others what it is about.
FIRST_MORE = 0.05
# The question has a name ("Azure") that is in none of the passages, or it is about something with a rare word
# ("refund") that the sentence's own passage does not have.
STRANGER_SHARE = 0.65
RARE = 0.5
# A further sentence has to be nearly as good as the best.
FURTHER = 0.93
WORDS_SHARE = 0.4
# Scored by their words first: a long context costs no more than this many vectors.
SENTENCES_EMBEDDED = 48
VECTORS_KEPT = 20_000
DIMENSIONS = 384

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]?[A-Z0-9])|\n+")
# What is to be done has many words ("erase", "delete"); with what it is done has few.
_ACTION = re.compile(r"^(?:how|when|where|why|what) (?:do|can|should|must) (?:i|we|you|one) [\w-]+", re.IGNORECASE)
_WHOLE = re.compile(r"[.!?][\"')\]]*$")
_REFERENCE = re.compile(r"^(For|To learn) .*\bsee\b|^See\b")
_LABEL = re.compile(r"[\w. -]{1,60}:")
_VALUE = re.compile(r"<value\b[^>]*>(.*?)</value>", re.DOTALL)
_NAME = re.compile(r"(?<!^)(?<![.?!:] )\b[A-Z][\w.-]+")
_NAMED = re.compile(r"(?:title|name|headline):")
_ASKING = (
    "how ",
    "what ",
    "which ",
    "who ",
    "whom ",
    "whose ",
    "where ",
    "when ",
    "why ",
    "is ",
    "are ",
    "does ",
    "can ",
)


@dataclass(frozen=True)
class Sentence:
    """A sentence of block `block` of passage `passage`."""

    text: str
    passage: int
    block: int
    heading: str = ""
    first: bool = False

    @property
    def in_context(self) -> str:
        return f"{self.heading}. {self.text}" if self.heading and self.heading != self.text else self.text

    @property
    def weight(self) -> float:
        if not self.is_whole:
            return HEADING_SHARE
        return REFERENCE_SHARE if _REFERENCE.search(self.text) else 1.0

    @property
    def is_whole(self) -> bool:
        return _WHOLE.search(self.text) is not None


class Extractive:
    """Quotes sentences. embedder: None scores by words alone, as the stub's vectors mean nothing."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder
        self._vectors: OrderedDict[str, Floats] = OrderedDict()

    async def generate(self, prompt: Prompt) -> Written:
        if not prompt.passages:
            return Written([Piece(await self._from_prompt(prompt.task))])
        sentences = sentences_of(prompt.passages)
        if is_question(prompt.task):
            scores = await self._scores(prompt.task, sentences)
            chosen = choose(sentences, scores, THRESHOLD if self._embedder else WORDS_THRESHOLD)
        else:
            chosen = first_of_each(sentences)
        if not chosen:
            return Written([Piece(UNKNOWN)])
        pieces: list[Piece] = []
        for sentence in chosen:
            pieces += [Piece(" ")] if pieces else []
            pieces.append(_piece(prompt, sentence))
        return Written(pieces)

    def close(self) -> None:
        """The embedder belongs to the server."""

    async def _from_prompt(self, task: str) -> str:
        """A text from the prompt alone: of its material, what fits the instruction best."""
        instruction, material = split_instruction(task)
        sentences = sentences_of((Passage("", "", (material,)),))
        scores = await self._scores(instruction, sentences)
        best = sorted(range(len(sentences)), key=lambda place: -scores[place])[:2]
        return " ".join(sentences[place].text for place in sorted(best)) or material or task

    async def _scores(self, question: str, sentences: list[Sentence]) -> list[float]:
        shares = word_shares(question, sentences)
        if self._embedder is None:
            return shares
        order = sorted(range(len(sentences)), key=lambda place: (-shares[place], sentences[place].block))
        near = order[:SENTENCES_EMBEDDED]
        vectors = await self._embed([question, *(sentences[place].in_context for place in near)])
        unknown = has_stranger(question, sentences)
        strange = strange_passages(question, sentences)
        scores = [0.0] * len(sentences)
        for place, cosine in zip(near, vectors[1:] @ vectors[0], strict=True):
            mixed = (1 - WORDS_SHARE) * float(cosine) + WORDS_SHARE * shares[place]
            known = shares[place] >= LEAST_SHARE
            score = (mixed + FIRST_MORE * sentences[place].first) * sentences[place].weight * known
            is_strange = unknown or sentences[place].passage in strange
            scores[place] = score * STRANGER_SHARE if is_strange else score
        return scores

    async def _embed(self, texts: list[str]) -> Floats:
        assert self._embedder is not None
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        found = {text: self._vectors[text] for text in texts if text in self._vectors}
        if missing:
            found |= dict(zip(missing, await self._embedder.embed(missing, DIMENSIONS), strict=True))
        for text, vector in found.items():
            self._vectors[text] = vector
            self._vectors.move_to_end(text)
        while len(self._vectors) > VECTORS_KEPT:
            self._vectors.popitem(last=False)
        return np.stack([found[text] for text in texts])


def _piece(prompt: Prompt, sentence: Sentence) -> Piece:
    passage = prompt.passages[sentence.passage]
    if passage.marks:
        return Piece(f"{sentence.text} [{passage.marks[sentence.block]}]")
    return Piece(sentence.text, (Quote(sentence.passage, sentence.block, sentence.block + 1),))


def is_question(task: str) -> bool:
    """Whether the task asks what the passages may not say; other tasks ("Summarize ...") can always be done."""
    return task.rstrip().endswith("?") or task.lower().startswith(_ASKING)


def sentences_of(passages: tuple[Passage, ...]) -> list[Sentence]:
    """The sentences, word for word, each within one block; without labels such as `title:`."""
    found = []
    for number, passage in enumerate(passages):
        heading = heading_of(passage)
        for place, block in enumerate(passage.blocks):
            texts = [text.strip() for text in _SENTENCE_END.split(block) if text and text.strip()]
            first = place == 0 or _LABEL.fullmatch(passage.blocks[place - 1].strip()) is not None
            found += [
                Sentence(text, number, place, heading, first and not count)
                for count, text in enumerate(texts)
                if not _LABEL.fullmatch(text)
            ]
    return found


def heading_of(passage: Passage) -> str:
    """The short blocks that are no sentences: names and titles, which say what the sentences are about."""
    short = [block.strip() for block in passage.blocks if len(block) <= HEADING_CHARACTERS]
    names = [block for block in short if not _WHOLE.search(block) and not _LABEL.fullmatch(block)]
    named = [name for label, name in pairwise(short) if _NAMED.fullmatch(label) and name in names]
    return named[0] if named else max(names, key=len, default="")


def has_stranger(question: str, sentences: list[Sentence]) -> bool:
    """Whether the question has a name that the passages do not have."""
    text = " ".join(sentence.in_context for sentence in sentences).lower()
    return any(name.lower().rstrip("s") not in text for name in _NAME.findall(question))


def strange_passages(question: str, sentences: list[Sentence]) -> set[int]:
    """The passages that lack a rare word of the question, in any of its forms; its action may have other words."""
    rare = {stem(word) for word in split_words(_ACTION.sub(" ", question)) if rarity(word) >= RARE}
    owned: dict[int, set[str]] = {}
    for sentence in sentences:
        owned.setdefault(sentence.passage, set()).update(words(sentence.in_context))
    return {passage for passage, known in owned.items() if not all(has_form(word, known) for word in rare)}


def first_of_each(sentences: list[Sentence]) -> list[Sentence]:
    """The first whole sentence of each of the first passages: what a summary would begin with."""
    whole = [sentence for sentence in sentences if sentence.is_whole] or sentences
    firsts: dict[int, Sentence] = {}
    for sentence in whole:
        firsts.setdefault(sentence.passage, sentence)
    return list(firsts.values())[:MOST_SENTENCES]


def choose(sentences: list[Sentence], scores: list[float], threshold: float) -> list[Sentence]:
    """One to three of them, best first; none if the best is below the threshold."""
    order = sorted(range(len(sentences)), key=lambda place: -scores[place])
    if not order or scores[order[0]] < threshold:
        return []
    least = max(threshold, FURTHER * scores[order[0]])
    chosen: dict[str, Sentence] = {}
    for place in order:
        if scores[place] < least or len(chosen) == MOST_SENTENCES:
            break
        chosen.setdefault(sentences[place].text, sentences[place])
    return list(chosen.values())


def word_shares(question: str, sentences: list[Sentence]) -> list[float]:
    """Per sentence the share of the question's words that it or its heading has; each word by how rare it is here."""
    wanted = words(question)
    if not wanted:
        return [0.0] * len(sentences)
    owned = [words(sentence.in_context) for sentence in sentences]
    weights = {word: 1 / (1 + sum(word in each for each in owned) / max(1, len(owned))) for word in wanted}
    total = sum(weights.values())
    return [sum(weights[word] for word in wanted & each) / total for each in owned]


def split_instruction(task: str) -> tuple[str, str]:
    """A prompt's instruction and its material: marked values, or what stands behind the first line or colon."""
    values = [value.strip() for value in _VALUE.findall(task) if value.strip()]
    if values:
        return _VALUE.sub(" ", task), "\n".join(values)
    head, found, tail = task.partition("\n")
    if not (found and tail.strip()):
        head, found, tail = task.partition(": ")
    return (head, tail) if found and tail.strip() else (task, task)
