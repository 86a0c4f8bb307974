"""`alto search`."""

from typing import Annotated

import typer

from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.files import json_of
from alto.cli.search.hits import show_hits
from alto.cli.search.modes import Fusion, Fuzzy, Mode, Scores
from alto.cli.terminal.output import note, show_json
from alto.requests import segment

group = make_group()


@command(
    group,
    "search",
    'alto search Film "a holiday film"',
    'alto search Film "ghosts" --mode bm25 --in title^2,description --properties title,year',
    """alto search Film "a heist" --filter '{"property": "year", "operator": "greater_than", "value": 1990}'""",
    'alto search Film "a holiday film" --json | jq .objects[0].id',
)
def search(
    connection: Connection,
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="Where to search.")],
    query: Annotated[str, typer.Argument(metavar="WORDS", help="What to search for; an id for --mode near-object.")],
    mode: Annotated[
        Mode, typer.Option("--mode", "-m", help="Words and meaning in one, words, meaning, or what is near an object.")
    ] = Mode.HYBRID,
    alpha: Annotated[
        float | None, typer.Option("--alpha", min=0, max=1, help="Hybrid: the weight of the meaning; 0 is bm25.")
    ] = None,
    fusion: Annotated[Fusion | None, typer.Option("--fusion", help="Hybrid: how two scores become one.")] = None,
    search_in: Annotated[
        str | None,
        typer.Option("--in", metavar="A,B^2", help="Words are looked for in these, with boosts: all, if not said."),
    ] = None,
    target_vector: Annotated[
        str | None, typer.Option("--target-vector", help="Which vector, if there are several.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Objects at most.")] = 10,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Skip so many.")] = 0,
    condition: Annotated[
        str | None, typer.Option("--filter", metavar="JSON", help="A filter (docs/filters.md), or @FILE of one.")
    ] = None,
    properties: Annotated[
        str | None, typer.Option("--properties", "-p", metavar="A,B", help="Show only these.")
    ] = None,
    vectors: Annotated[bool, typer.Option("--vectors", help="Show the vectors too.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Hybrid: what words and meaning give to each score.")
    ] = False,
    highlight: Annotated[
        bool, typer.Option("--highlight", help="Hybrid and bm25: show the passages with the words of the query.")
    ] = False,
    min_score: Annotated[
        float | None, typer.Option("--min-score", help="Hybrid and bm25: leave out hits with a lower score.")
    ] = None,
    fuzziness: Annotated[
        Fuzzy | None, typer.Option("--fuzziness", help="Hybrid and bm25: so many letters of a word may differ.")
    ] = None,
    phrase_boost: Annotated[
        float | None,
        typer.Option(
            "--phrase-boost", min=0, max=10, help="Hybrid and bm25: the weight of words in the order of the query."
        ),
    ] = None,
    scoring: Annotated[
        Scores | None,
        typer.Option("--scoring", help="Hybrid and bm25: properties as if they were one text, or their sum."),
    ] = None,
    context: Annotated[
        str | None,
        typer.Option("--context", metavar="N|section", help="Documents: also the passages around each hit."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Search a collection.

    Elsewhere than on a terminal each hit is a line: score, id, and the named properties (or all as JSON), separated by
    tabs.
    """
    from alto.cli.search.search_body import SearchFlags, search_body

    shown = names(properties)
    flags = SearchFlags(
        mode=mode,
        alpha=alpha,
        fusion=fusion,
        search_in=names(search_in),
        target_vector=target_vector,
        limit=limit,
        offset=offset,
        condition=None if condition is None else json_of("--filter", condition),
        properties=shown,
        vectors=vectors,
        explain=explain,
        highlight=highlight,
        min_score=min_score,
        fuzziness=fuzziness,
        phrase_boost=phrase_boost,
        scoring=scoring,
        context=context,
    )
    body = search_body(query, flags)
    with connection.open() as client:
        response = client.call("POST", f"/v1/collections/{segment(collection)}/search", body, repeatable=True)
    if as_json:
        show_json(response)
    elif response["objects"]:
        show_hits(response, shown)
    else:
        note("Nothing was found.")


def names(text: str | None) -> list[str]:
    """The names of a list with commas."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
