"""`alto evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.files import read
from alto.cli.search.search import names
from alto.cli.terminal.output import note, show_json
from alto.requests import segment

if TYPE_CHECKING:
    from alto.evaluation.judgements import Query
    from alto.evaluation.runs import Identifier, Run, Send
    from alto.evaluation.settings import Setting

group = make_group()


@command(
    group,
    "evaluate",
    "alto evaluate Film queries.jsonl qrels.tsv",
    "alto evaluate Film queries.jsonl qrels.tsv --sweep alpha --sweep boosts --html report.html",
    'alto evaluate Film queries.jsonl qrels.tsv --base "hybrid alpha=0.5" --setting bm25 --setting near_text',
    'alto evaluate Film queries.jsonl --compare hybrid "hybrid collection=FilmV2"',
)
def evaluate(
    connection: Connection,
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="Where to search.")],
    queries: Annotated[str, typer.Argument(metavar="QUERIES", help='JSON lines: {"_id": "1", "text": "…"}.')],
    qrels: Annotated[
        str | None, typer.Argument(metavar="[QRELS]", help="Query id, document id and grade, separated by tabs.")
    ] = None,
    base: Annotated[
        str, typer.Option("--base", metavar="SETTING", help="What the others are compared with.")
    ] = "hybrid",
    setting: Annotated[
        list[str] | None,
        typer.Option(
            "--setting", "-s", metavar="SETTING", help='Another, as "hybrid alpha=0.4 fusion=ranked", or JSON.'
        ),
    ] = None,
    sweep: Annotated[
        list[str] | None,
        typer.Option(
            "--sweep",
            metavar="NAME[=A,B]",
            help="alpha, fusion, scoring, phrase_boost, mode, boosts, boost:PROPERTY, stop_words=A,B, rerank=MODEL.",
        ),
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option("--compare", metavar="A B", help="Two settings without judgements: what both find, what moves."),
    ] = None,
    identifier: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="PROPERTY", help="Judgements name objects by this; their key or id, if not given."
        ),
    ] = None,
    search_in: Annotated[
        str | None,
        typer.Option("--in", metavar="A,B", help="Properties of --sweep boosts: all with words, if not given."),
    ] = None,
    vectors: Annotated[
        str | None, typer.Option("--vectors", metavar="FILE.npy", help="The vectors of the queries, a row each.")
    ] = None,
    samples: Annotated[int, typer.Option("--samples", min=100, max=100_000, help="Samples of the bootstrap.")] = 5_000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the bootstrap.")] = 20_261_128,
    html: Annotated[str | None, typer.Option("--html", metavar="FILE", help="Write the report as a page.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure the quality of searches by judged queries, and compare settings.

    nDCG@10, Recall@100, MRR and P@10 with 95 % intervals. Another setting is recommended only if its nDCG@10 is better
    by more than chance. docs/evaluate.md explains settings, sweeps and files.
    """
    from alto.evaluation.judgements import EvaluationError
    from alto.evaluation.runs import Identifier

    if (qrels is None) == (compare is None):
        raise CommandError("Give either the file of judgements, or --compare A B without one.", ExitCode.USAGE)
    try:
        asked = _queries(queries, vectors)
        with connection.open() as client:
            search = _Search(client, collection, asked, Identifier(identifier))
            if compare is not None:
                _compare(search, compare, html, as_json=as_json)
            else:
                chosen = search.settings(base, setting or [], sweep or [], names(search_in))
                _measure(search, chosen, str(qrels), (samples, seed), html, as_json=as_json)
    except EvaluationError as error:
        raise CommandError(f"{error}.", ExitCode.USAGE) from None


class _Search:
    """Searches of one command: the queries, and where they go."""

    def __init__(self, client: Any, collection: str, queries: "list[Query]", identifier: "Identifier") -> None:
        self._client = client
        self.collection = collection
        self.queries = queries
        self._identifier = identifier

    @property
    def _send(self) -> "Send":
        def send(collection: str, searches: list[dict[str, Any]]) -> list[dict[str, Any]]:
            path = f"/v1/collections/{segment(collection)}/search"
            response = self._client.call("POST", path, {"queries": searches}, repeatable=True)
            results: list[dict[str, Any]] = response["results"]
            return results

        return send

    def run(self, setting: "Setting", queries: "list[Query]", depth: int) -> "Run":
        from alto.evaluation.runs import search_all

        note(f"{setting.name}: {len(queries)} queries")
        return search_all(self.collection, setting, queries, self._send, identifier=self._identifier, depth=depth)

    def settings(self, base: str, others: list[str], sweeps: list[str], properties: list[str]) -> "list[Setting]":
        """The base and all settings that differ from it, each once."""
        from alto.evaluation.settings import read_setting, sweep

        first = read_setting(base)
        found = [first, *(read_setting(each) for each in others)]
        needed = any(each.startswith("boost") for each in sweeps) and not properties
        searched = self._searchable() if needed else properties
        found += [made for each in sweeps for made in sweep(first, each, searched)]
        unique: dict[str, Setting] = {}
        for each in found:
            unique.setdefault(each.name, each)
        return list(unique.values())

    def _searchable(self) -> list[str]:
        config = self._client.call("GET", f"/v1/collections/{segment(self.collection)}")
        return [
            each["name"] for each in config["properties"] if each["type"] == "text" and each.get("searchable", True)
        ]


def _queries(path: str, vectors: str | None) -> "list[Query]":
    from dataclasses import replace

    from alto.evaluation.judgements import EvaluationError, read_queries

    queries = read_queries(read(path), path)
    if vectors is None:
        return queries
    try:
        import numpy as np
    except ImportError:
        raise CommandError("--vectors needs NumPy: `pip install numpy`, or put a `vector` into each query.") from None
    rows = np.load(vectors).astype(np.float32).tolist()
    if len(rows) != len(queries):
        raise EvaluationError(f"--vectors: {vectors} has {len(rows)} rows for {len(queries)} queries")
    return [replace(query, vector=row) for query, row in zip(queries, rows, strict=True)]


def _measure(
    search: _Search, settings: "list[Setting]", qrels: str, draws: tuple[int, int], html: str | None, *, as_json: bool
) -> None:
    from alto.cli.evaluation.tables import show_evaluation
    from alto.evaluation.html import page
    from alto.evaluation.judgements import read_judgements
    from alto.evaluation.measures import DEPTH
    from alto.evaluation.report import evaluate as measure
    from alto.evaluation.report import judged_queries

    judgements = read_judgements(read(qrels), qrels)
    queries = judged_queries(search.queries, judgements)
    runs = [search.run(each, queries, DEPTH) for each in settings]
    found = measure(search.collection, queries, judgements, runs, samples=draws[0], seed=draws[1])
    if html:
        _write(html, page(found))
    if as_json:
        show_json(found.as_json())
    else:
        show_evaluation(found)


def _compare(search: _Search, pair: tuple[str, str], html: str | None, *, as_json: bool) -> None:
    from alto.cli.evaluation.tables import show_comparison
    from alto.evaluation.comparison import compare_all
    from alto.evaluation.html import comparison_page
    from alto.evaluation.settings import read_setting

    first, second = (search.run(read_setting(each), search.queries, 10) for each in pair)
    means, moves = compare_all(first.rankings, second.rankings)
    texts = {query.id: query.text for query in search.queries}
    if html:
        _write(html, comparison_page(pair, means, moves, texts))
    if as_json:
        show_json(
            {
                "settings": list(pair),
                "means": means,
                "queries": [
                    {
                        "id": each.query,
                        "overlap": each.overlap,
                        "moved": {key: {"before": was, "after": now} for key, (was, now) in each.moved.items()},
                    }
                    for each in moves
                ],
            }
        )
    else:
        show_comparison(pair, means, moves, texts)


def _write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="utf-8")
    note(f"The report is in {path}.")
