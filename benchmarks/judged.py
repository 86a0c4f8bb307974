"""The judged collections: documents, queries, judgements and vectors, read from a folder next to the project."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("cranfield", "cisi", "cacm", "scifact", "cosqa", "time")
DIMENSIONS = 384


@dataclass(frozen=True)
class Judged:
    """One collection. `judgements`: query id to document id to grade. Vectors are in the order of the lists."""

    name: str
    documents: list[dict[str, Any]]
    queries: list[dict[str, Any]]
    judgements: dict[str, dict[str, int]]
    vectors: NDArray[np.float32]
    query_vectors: NDArray[np.float32]


def folder() -> Path:
    """Where the collections are: ALTO_SHARED_DATA, or ../shared/data from the project."""
    return Path(os.environ.get("ALTO_SHARED_DATA") or ROOT.parent / "shared" / "data")


def why_absent(name: str) -> str | None:
    """Why a collection cannot be read, as a sentence; None if it is there."""
    if (folder() / name / "corpus.jsonl").exists():
        return None
    return f"The collection '{name}' is not in {folder()}: set ALTO_SHARED_DATA to the folder that has it."


def load(name: str) -> Judged:
    """Read a collection. Raises FileNotFoundError if it is not there."""
    if problem := why_absent(name):
        raise FileNotFoundError(problem)
    place = folder() / name
    judgements: dict[str, dict[str, int]] = {}
    for line in _lines(place / "qrels.tsv")[1:]:
        query, document, grade = line.split("\t")
        judgements.setdefault(query, {})[document] = int(grade)
    return Judged(
        name=name,
        documents=[json.loads(line) for line in _lines(place / "corpus.jsonl")],
        queries=[json.loads(line) for line in _lines(place / "queries.jsonl")],
        judgements=judgements,
        vectors=np.load(place / "vectors.f16.npy").astype(np.float32),
        query_vectors=np.load(place / "query-vectors.f16.npy").astype(np.float32),
    )


def collection_body(name: str) -> dict[str, Any]:
    """The collection as Alto is told of it: title and text, defaults for everything, vectors of the caller's own."""
    return {
        "name": name,
        "properties": [
            {"name": "title", "type": "text"},
            {"name": "text", "type": "text"},
            {"name": "source_id", "type": "text", "searchable": False, "skip_vectorization": True},
            {"name": "place", "type": "int"},
        ],
        "vectors": {"default": {"vectorizer": "none", "dimensions": DIMENSIONS}},
    }


def objects(judged: Judged) -> list[dict[str, Any]]:
    """The documents as objects; `place` is their number in the file."""
    return [
        {
            "properties": {
                "title": document["title"],
                "text": document["text"],
                "source_id": document["_id"],
                "place": place,
            },
            "vector": vector.tolist(),
        }
        for place, (document, vector) in enumerate(zip(judged.documents, judged.vectors, strict=True))
    ]


def _lines(path: Path) -> list[str]:
    # Not splitlines: that also cuts at the odd separators that a text may hold.
    return path.read_text().rstrip("\n").split("\n")
