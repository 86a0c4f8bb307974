"""The documents of `make bench-documents`: the documentation of AWS, a few operations a document, and questions."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import batched
from typing import NamedTuple

from benchmarks.documents.files import DAMAGES, FORMATS, Section, Text, make, pages_of
from local.aws_docs import BEST_KNOWN_SERVICES, operations

SECTIONS = 7
MAX_PARAGRAPHS = 6
MIN_CHARACTERS = 120
# A document in ten is damaged.
DAMAGED_EVERY = 10
_SENTENCE = re.compile(r"(?<=[.])\s+(?=[A-Z])")
_SENTENCES_A_PARAGRAPH = 3
_VERB = re.compile(r"[A-Z][a-z]+s\b")
# Words that begin sentences without a verb in front.
_NO_VERBS = frozenset({"Always", "As", "Does", "Has", "Is", "Its", "This", "Was"})
_HISSES = ("ches", "shes", "sses", "xes", "zes")


class Sample(NamedTuple):
    """A document of the benchmark. `damage` names what is wrong with it."""

    name: str
    text: Text
    kind: str
    columns: int = 1
    damage: str | None = None

    @property
    def data(self) -> bytes:
        """Its bytes."""
        if self.damage is not None:
            return DAMAGES[self.damage][1](self.text)
        return make(self.text, self.kind, columns=self.columns)


class Question(NamedTuple):
    """A question, and the place of its reply: a document, a page of it (0 if it has none) and a heading."""

    text: str
    document: str
    page: int
    heading: str


def texts() -> Iterator[Text]:
    """Texts of a few operations each, always the same."""
    for service in BEST_KNOWN_SERVICES:
        found = [each["properties"] for each in operations([service])]
        good = [each for each in found if len(each["documentation"]) >= MIN_CHARACTERS]
        for number, part in enumerate(batched(good, SECTIONS, strict=False), start=1):
            sections = [Section(each["title"], paragraphs(each["documentation"])) for each in part]
            table = [["Operation", "Characters"]]
            table += [[each["operation"], str(len(each["documentation"]))] for each in part[:4]]
            sections.append(Section("Sizes of the descriptions", ["How long they are."], table))
            yield Text(f"{part[0]['service_name']}, part {number}", sections)


def paragraphs(documentation: str) -> list[str]:
    """The documentation of an operation, three sentences a paragraph."""
    sentences = _SENTENCE.split(documentation)
    return [" ".join(part) for part in batched(sentences, _SENTENCES_A_PARAGRAPH, strict=False)][:MAX_PARAGRAPHS]


def samples(count: int) -> list[Sample]:
    """Documents of all formats in turn, every tenth of them damaged, each time in another way."""
    damages = list(DAMAGES)
    found = []
    for number, text in zip(range(count), texts(), strict=False):
        if number % DAMAGED_EVERY == DAMAGED_EVERY - 1:
            damage = damages[number // DAMAGED_EVERY % len(damages)]
            found.append(Sample(f"bad/{number:03}.{DAMAGES[damage][0]}", text, DAMAGES[damage][0], damage=damage))
        else:
            kind = FORMATS[number % len(FORMATS)]
            columns = 2 if number // len(FORMATS) % 2 else 1
            found.append(Sample(f"{kind}/{number:03}.{kind}", text, kind, columns))
    return found


def questions(documents: list[Sample], count: int) -> list[Question]:
    """Questions about sections, spread over the documents: each is made of the first sentence of a section."""
    asked: list[Question] = []
    good = [sample for sample in documents if sample.damage is None]
    for place in range(SECTIONS):
        for number, sample in enumerate(good):
            index = (place * 3 + number) % SECTIONS
            if index >= len(sample.text.sections) - 1:
                continue
            section = sample.text.sections[index]
            question = question_of(section)
            if question:
                asked.append(Question(question, sample.name, _page(sample, index), section.heading))
            if len(asked) == count:
                return asked
    return asked


def question_of(section: Section) -> str | None:
    """`Creates a key.` of the service KMS as `How can I create a key in KMS?`; None for other sentences."""
    sentence = _SENTENCE.split(section.paragraphs[0])[0].rstrip(".")
    verb = _VERB.match(sentence)
    if verb is None or verb[0] in _NO_VERBS or not 5 <= len(sentence.split()) <= 30:
        return None
    base = verb[0].lower()
    base = base[:-3] + "y" if base.endswith("ies") else base[: -2 if base.endswith(_HISSES) else -1]
    service = section.heading.partition(":")[0]
    return f"How can I {base}{sentence[verb.end() :]} in {service}?"


def _page(sample: Sample, index: int) -> int:
    if sample.kind == "pdf":
        return pages_of(sample.text, columns=sample.columns)[index]
    return index + 1 if sample.kind == "txt" else 0


def recovered(expected: list[str], found: list[str]) -> float:
    """The share of the expected words that were found, in order."""
    matcher = SequenceMatcher(None, [word.lower() for word in expected], [word.lower() for word in found], False)
    return sum(block.size for block in matcher.get_matching_blocks()) / max(1, len(expected))
