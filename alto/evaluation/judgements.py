"""Queries and judgements, read from the formats of BEIR and TREC. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class EvaluationError(ValueError):
    """A file, a setting or a sweep that cannot be used. The message names the place and the remedy."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query: its id, its text, and a vector of the caller's own."""

    id: str
    text: str
    vector: Sequence[float] | None = None


def read_queries(text: str, name: str = "queries") -> list[Query]:
    """JSON lines of `_id` (or `id`), `text` (or `query`) and, if wanted, `vector`. Blank lines are skipped."""
    queries: dict[str, Query] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        query = _query(line, f"{name}, line {number}")
        if query.id in queries:
            raise EvaluationError(f"{name}, line {number}: the id {json.dumps(query.id)} is used twice")
        queries[query.id] = query
    if not queries:
        raise EvaluationError(f'{name}: expected a line such as {{"_id": "1", "text": "how do I rotate a key"}}')
    return list(queries.values())


def _query(line: str, place: str) -> Query:
    try:
        row: Any = json.loads(line)
    except ValueError as error:
        raise EvaluationError(f"{place}: this is not JSON ({error}): {line[:80]}") from None
    row = row if isinstance(row, dict) else {}
    key, text = row.get("_id", row.get("id")), row.get("text", row.get("query"))
    if not isinstance(key, str | int) or isinstance(key, bool) or not isinstance(text, str) or not text.strip():
        raise EvaluationError(f'{place}: expected {{"_id": "1", "text": "…"}}, got {line[:80]}')
    vector = row.get("vector")
    if vector is not None and not (isinstance(vector, list) and all(_is_number(each) for each in vector)):
        raise EvaluationError(f"{place}: vector: expected a list of numbers, got {json.dumps(vector)[:80]}")
    return Query(str(key), text, vector)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_judgements(text: str, name: str = "qrels") -> dict[str, dict[str, int]]:
    """Query id to document id to grade.

    Each line has a query's id, a document's id and a grade (BEIR; a first line of headings is skipped), or these with
    a second field that is ignored (TREC). Fields are separated by tabs, else by blanks.
    """
    judgements: dict[str, dict[str, int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split("\t") if "\t" in line else line.split()
        if not line.strip() or (number == 1 and fields[-1].strip().lower() in {"score", "grade", "relevance", "rel"}):
            continue
        if len(fields) not in {3, 4}:
            raise EvaluationError(f"{name}, line {number}: expected query id, document id, grade, got {line[:80]!r}")
        query, document, grade = fields[0].strip(), fields[-2].strip(), fields[-1].strip()
        try:
            judgements.setdefault(query, {})[document] = int(grade)
        except ValueError:
            raise EvaluationError(
                f"{name}, line {number}: the grade {json.dumps(grade)} is not a whole number: write 0 for not relevant"
            ) from None
    if not judgements:
        raise EvaluationError(f"{name}: it has no judgement: a line has a query's id, a document's id and a grade")
    return judgements
