"""The documents and questions of `make bench-documents`: their places are known, and their jobs checked exactly."""

from typing import Any

import pytest

from benchmarks.documents.corpus import Question, Sample, question_of, questions, samples
from benchmarks.documents.files import DAMAGES, FORMATS, Section, Text
from benchmarks.documents.runs import is_right, measure_extraction, problem
from lambdas.documents.names import format_of
from lambdas.documents.read_document import read_document

TEXT = Text("Guide", [Section("Care", ["Clean it."])])
GOOD = {"read": 1, "loaded": 1, "unchanged": 0, "failed": 0}
BAD = {"read": 1, "loaded": 0, "unchanged": 0, "failed": 1}


def job(counts: dict[str, int], *messages: str, state: str = "completed", reason: str | None = None) -> dict[str, Any]:
    return {"counts": counts, "state": state, "reason": reason, "errors": [{"message": each} for each in messages]}


def test_a_document_in_ten_is_damaged_each_in_another_way() -> None:
    made = samples(110)

    damages = [sample.damage for sample in made if sample.damage]
    assert sorted(damages) == sorted(DAMAGES)
    assert {sample.kind for sample in made if not sample.damage} == set(FORMATS)
    assert len({sample.name for sample in made}) == 110


@pytest.mark.parametrize("kind", ["pdf", "txt"])
def test_the_page_of_a_question_is_where_its_heading_is(kind: str) -> None:
    made = [sample for sample in samples(10) if sample.kind == kind and sample.damage is None]

    asked = questions(made, 8)
    assert len(asked) >= 2
    for sample in made:
        named = format_of(sample.name)
        assert named
        blocks = read_document(sample.data, named).blocks
        for question in asked:
            if question.document == sample.name:
                # Headings are long enough to be broken: their lines are one block.
                pages = {block.page for block in blocks if question.heading.lower() in block.text.lower()}
                assert question.page in pages


def test_the_first_sentence_of_a_section_becomes_a_question() -> None:
    section = Section("KMS: Create Key", ["Creates a unique customer managed key. It is yours."])

    assert question_of(section) == "How can I create a unique customer managed key in KMS?"
    assert question_of(Section("KMS: Create Key", ["The key is unique to this account."])) is None


@pytest.mark.parametrize(
    ("hit", "question", "expected"),
    [
        ({"document": "a.pdf", "page": 2}, Question("", "a.pdf", 2, "Care"), True),
        ({"document": "a.pdf", "page": 3}, Question("", "a.pdf", 2, "Care"), False),
        ({"document": "b.pdf", "page": 2}, Question("", "a.pdf", 2, "Care"), False),
        ({"document": "a.md", "heading": "Guide > Care"}, Question("", "a.md", 0, "care"), True),
        ({"document": "a.md", "heading": "Guide > Parts"}, Question("", "a.md", 0, "Care"), False),
        ({"document": "a.md"}, Question("", "a.md", 0, "Care"), False),
    ],
)
def test_a_hit_is_right_on_its_page_or_in_its_section(hit: dict[str, Any], question: Question, expected: bool) -> None:
    assert is_right(hit, question) is expected


@pytest.mark.parametrize(
    ("damage", "ended", "is_exact"),
    [
        (None, job(GOOD), True),
        (None, job(GOOD | {"read": 2}), False),
        (None, job(GOOD, state="failed"), False),
        ("scanned", job(BAD, "a.pdf: The PDF has no text: ..."), True),
        ("scanned", job(BAD, "a.pdf: The file is damaged."), False),
        ("scanned", job(GOOD, "The PDF has no text"), False),
        ("empty", job(BAD, reason="The file is empty.", state="failed"), True),
        ("empty", job(GOOD), False),
    ],
)
def test_a_job_is_compared_with_its_document(damage: str | None, ended: dict[str, Any], is_exact: bool) -> None:
    assert (problem(Sample("a.pdf", TEXT, "pdf", damage=damage), ended) is None) is is_exact


def test_the_extraction_of_each_format_is_measured() -> None:
    measured = measure_extraction(len(FORMATS))

    assert {kind.partition(",")[0] for kind in measured} == set(FORMATS)
    assert all(row["documents"] == 1 and row["least"] > 0.9 for row in measured.values())
