"""Judgements made in the console: for each collection the files that `alto evaluate` reads."""

import json
import re
from pathlib import Path
from threading import Lock
from typing import Any

from alto.evaluation.judgements import read_judgements, read_queries

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,99}")
GRADES = (0, 1, 2)


class JudgementFiles:
    """The files below a folder. Every change is written at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = Lock()

    def read(self, collection: str) -> dict[str, Any]:
        """The queries of a collection with their judgements, and where the files are. Raises ValueError."""
        place = self._place(collection)
        with self._lock:
            return self._shown(place)

    def add_query(self, collection: str, text: str) -> dict[str, Any]:
        """Add a query, once. Raises ValueError if it is blank."""
        text = " ".join(text.split())
        if not text:
            raise ValueError("text: the query is empty: write one")
        place = self._place(collection)
        with self._lock:
            queries = self._queries(place)
            if text not in queries.values():
                queries[str(1 + max((int(key) for key in queries if key.isdecimal()), default=0))] = text
                self._write(place, queries, self._judgements(place))
            return self._shown(place)

    def judge(self, collection: str, query: str, document: str, grade: int | None) -> dict[str, Any]:
        """Set the grade of a document for a query; None removes it. Raises ValueError."""
        if grade is not None and (isinstance(grade, bool) or grade not in GRADES):
            raise ValueError(f"grade: {json.dumps(grade)} is not one of 0 (bad), 1 (fair), 2 (good)")
        if not document or re.search(r"[\t\r\n]", document):
            raise ValueError(f"document: {json.dumps(document)} cannot be an id in a qrels file")
        place = self._place(collection)
        with self._lock:
            queries, judgements = self._queries(place), self._judgements(place)
            if query not in queries:
                raise ValueError(f"query: {json.dumps(query)} is not the id of a query of {collection}")
            of_query = judgements.setdefault(query, {})
            of_query.pop(document, None)
            if grade is not None:
                of_query[document] = grade
            self._write(place, queries, judgements)
            return self._shown(place)

    def remove_query(self, collection: str, query: str) -> dict[str, Any]:
        """Remove a query with its judgements."""
        place = self._place(collection)
        with self._lock:
            queries, judgements = self._queries(place), self._judgements(place)
            queries.pop(query, None)
            judgements.pop(query, None)
            self._write(place, queries, judgements)
            return self._shown(place)

    def _place(self, collection: str) -> Path:
        if not _NAME.fullmatch(collection):
            raise ValueError(f"collection: {json.dumps(collection)} is not a name of a collection")
        return self.folder / collection

    def _shown(self, place: Path) -> dict[str, Any]:
        queries, judgements = self._queries(place), self._judgements(place)
        return {
            "queries": [
                {"id": key, "text": text, "judgements": judgements.get(key, {})} for key, text in queries.items()
            ],
            "queries_file": str(place / "queries.jsonl"),
            "qrels_file": str(place / "qrels.tsv"),
        }

    @staticmethod
    def _queries(place: Path) -> dict[str, str]:
        file = place / "queries.jsonl"
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        return {query.id: query.text for query in read_queries(text, str(file))} if text.strip() else {}

    @staticmethod
    def _judgements(place: Path) -> dict[str, dict[str, int]]:
        file = place / "qrels.tsv"
        lines = file.read_text(encoding="utf-8") if file.exists() else ""
        has_rows = len(lines.strip().split("\n")) > 1
        return read_judgements(lines, str(file)) if has_rows else {}

    @staticmethod
    def _write(place: Path, queries: dict[str, str], judgements: dict[str, dict[str, int]]) -> None:
        place.mkdir(parents=True, exist_ok=True)
        rows = [f"{query}\t{key}\t{grade}" for query, grades in judgements.items() for key, grade in grades.items()]
        texts = [json.dumps({"_id": key, "text": text}, ensure_ascii=False) for key, text in queries.items()]
        for name, lines in (("qrels.tsv", ["query-id\tcorpus-id\tscore", *rows]), ("queries.jsonl", texts)):
            aside = place / f"{name}.partial"
            aside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            aside.replace(place / name)
