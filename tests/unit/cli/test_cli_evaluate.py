"""`alto evaluate`: what it sends and what it prints."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.command_line import Outcome, alto, reply

# The words of a query that each hit of the fake server is found by, best first.
FILMS = {"ghosts": ["carol", "up"], "crime": ["godfather", "carol"]}


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    queries, qrels = tmp_path / "queries.jsonl", tmp_path / "qrels.tsv"
    queries.write_text('{"_id": "1", "text": "ghosts"}\n{"_id": "2", "text": "crime"}\n{"_id": "3", "text": "x"}\n')
    qrels.write_text("query-id\tcorpus-id\tscore\n1\tcarol\t2\n2\tgodfather\t1\n2\tcarol\t0\n")
    return str(queries), str(qrels)


def respond(request: httpx.Request) -> httpx.Response:
    """Words find what they should; meaning finds it in the other order."""
    results = []
    for search in json.loads(request.content)["queries"]:
        [(mode, settings)] = [(name, each) for name, each in search.items() if isinstance(each, dict)]
        found = FILMS.get(settings["query"], [])
        ordered = found[::-1] if mode == "near_text" else found
        results.append({"objects": [{"id": "0", "key": key, "properties": {}} for key in ordered], "took_ms": 3})
    return reply({"results": results})


def run(*arguments: str, requests: int = 1) -> Outcome:
    return alto("evaluate", "Film", *arguments, replies=(respond,) * requests)


def test_a_line_has_the_measures_of_a_setting(files: tuple[str, str]) -> None:
    done = run(*files, "--setting", "near_text", requests=2)

    assert done.code == 0, done.err
    base, other, recommendation = done.out.splitlines()
    assert base.split("\t")[:6] == ["hybrid", "1.0000", "1.0000", "1.0000", "0.1000", "base"]
    assert other.split("\t")[:4] == ["near_text", "0.6309", "1.0000", "0.5000"]
    assert recommendation.startswith("Keep hybrid")
    assert done.server.paths == ["POST /v1/collections/Film/search"] * 2


def test_only_judged_queries_are_searched_a_hundred_deep(files: tuple[str, str]) -> None:
    done = run(*files)

    sent = done.server.body()["queries"]
    assert sent == [{"hybrid": {"query": text}, "limit": 100, "return_properties": []} for text in ("ghosts", "crime")]


def test_json_and_a_page_are_written(files: tuple[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.html"

    done = run(*files, "--sweep", "alpha=0,0.5,1", "--json", "--html", str(report), requests=4)

    found = json.loads(done.out)
    assert [each["name"] for each in found["settings"]] == ["hybrid", *(f"hybrid alpha={a}" for a in ("0", "0.5", "1"))]
    assert "<svg" in report.read_text()
    assert str(report) in done.err


def test_boosts_are_swept_over_the_searchable_properties(files: tuple[str, str]) -> None:
    config = {
        "properties": [
            {"name": "title", "type": "text"},
            {"name": "code", "type": "text", "searchable": False},
            {"name": "year", "type": "int"},
            {"name": "plot", "type": "text"},
        ]
    }

    done = alto("evaluate", "Film", *files, "--sweep", "boosts=1,2", replies=(reply(config), *(respond,) * 4))

    names = [line.split("\t")[0] for line in done.out.splitlines()[:-1]]
    assert names == [
        "hybrid",
        *(f"hybrid properties={each}" for each in ("title,plot", "title^2,plot", "title,plot^2")),
    ]


def test_two_settings_are_compared_without_judgements(files: tuple[str, str]) -> None:
    done = run(files[0], "--compare", "hybrid", "near_text", requests=2)

    assert done.code == 0, done.err
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert lines[:3] == [["overlap", "100.0%"], ["same first hit", "33.3%"], ["same order", "33.3%"]]
    assert lines[3] == ["1", "100%", "carol 1→2, up 2→1", "ghosts"]


def test_a_comparison_for_programs(files: tuple[str, str], tmp_path: Path) -> None:
    report = tmp_path / "moves.html"

    done = run(files[0], "--compare", "hybrid", "near_text", "--json", "--html", str(report), requests=2)

    found = json.loads(done.out)
    assert found["means"]["same_first_hit"] == pytest.approx(1 / 3)
    assert found["queries"][0]["moved"]["up"] == {"before": 2, "after": 1}
    assert "up 1" in report.read_text()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "Give either the file of judgements, or --compare"),
        (["qrels", "--compare", "hybrid", "bm25"], "Give either the file of judgements, or --compare"),
        (["qrels", "--setting", "magic"], '"magic" is not one of hybrid, bm25, near_text, near_vector'),
        (["qrels", "--sweep", "magic"], "name values"),
    ],
)
def test_wrong_usage_is_named(files: tuple[str, str], arguments: list[str], problem: str) -> None:
    done = alto("evaluate", "Film", files[0], *(files[1] if each == "qrels" else each for each in arguments))

    assert (done.code, done.out) == (2, "")
    assert problem in done.err


def test_vectors_of_a_file_go_to_their_queries(files: tuple[str, str], tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    vectors = tmp_path / "vectors.npy"
    np.save(vectors, np.array([[1, 0], [0, 1], [1, 1]], np.float16))

    done = run(*files, "--vectors", str(vectors))

    assert [each["hybrid"]["vector"] for each in done.server.body()["queries"]] == [[1, 0], [0, 1]]


def test_too_few_vectors_are_named(files: tuple[str, str], tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    vectors = tmp_path / "vectors.npy"
    np.save(vectors, np.zeros((2, 2)))

    done = run(*files, "--vectors", str(vectors))

    assert done.code == 2
    assert "has 2 rows for 3 queries" in done.err


def test_an_error_of_alto_is_that_of_other_commands(files: tuple[str, str]) -> None:
    missing: dict[str, Any] = {"code": "collection_not_found", "message": "'Film'", "details": [], "request_id": "1"}

    done = alto("evaluate", "Film", *files, replies=(reply({"error": missing}, 404),))

    assert done.code == 1
    assert "The collection 'Film' does not exist" in done.err
