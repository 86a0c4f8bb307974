"""`alto ask`."""

from typing import Annotated

import typer

from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.files import json_of
from alto.cli.search.modes import Mode
from alto.cli.search.search import names
from alto.cli.terminal.output import show_json
from alto.requests import segment

group = make_group()


@command(
    group,
    "ask",
    'alto ask Film "Which film is about ghosts?"',
    'alto ask Film "What happens at Christmas?" --limit 10 --model amazon.nova-lite-v1:0',
    """alto ask Film "Who is the thief?" --filter '{"property": "year", "operator": "greater_than", "value": 1990}'""",
    'alto ask Film "Which film is about ghosts?" --json | jq .generated.citations',
)
def ask(
    connection: Connection,
    collection: Annotated[str, typer.Argument(metavar="COLLECTION", help="Where to search.")],
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="The question, or a task for the model.")],
    query: Annotated[
        str | None,
        typer.Option("--query", "-q", metavar="WORDS", help="What to search for: the question, if not said."),
    ] = None,
    mode: Annotated[Mode, typer.Option("--mode", "-m", help="How to search (as of alto search).")] = Mode.HYBRID,
    alpha: Annotated[
        float | None, typer.Option("--alpha", min=0, max=1, help="Hybrid: the weight of the meaning; 0 is bm25.")
    ] = None,
    search_in: Annotated[
        str | None, typer.Option("--in", metavar="A,B^2", help="Words are looked for in these, with boosts.")
    ] = None,
    target_vector: Annotated[
        str | None, typer.Option("--target-vector", help="Which vector, if there are several.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100, help="Objects that the model reads.")] = 5,
    condition: Annotated[
        str | None, typer.Option("--filter", metavar="JSON", help="A filter (docs/filters.md), or @FILE of one.")
    ] = None,
    read: Annotated[
        str | None,
        typer.Option("--read", metavar="A,B", help="Properties that the model reads: all texts, if not said."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="A model or inference profile of Bedrock; the collection's, if not said."),
    ] = None,
    endpoint: Annotated[str | None, typer.Option("--endpoint", help="A SageMaker endpoint instead of --model.")] = None,
    model_region: Annotated[
        str | None, typer.Option("--model-region", help="The region of the model; Alto's own, if not said.")
    ] = None,
    system: Annotated[str | None, typer.Option("--system", help='Tell the model how to write: "In German."')] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", min=1, help="The length of the text.")] = None,
    context_tokens: Annotated[
        int | None, typer.Option("--context-tokens", min=100, help="How much the model reads at most.")
    ] = None,
    no_citations: Annotated[bool, typer.Option("--no-citations", help="Do not ask for sources.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Ask a question about a collection: a model writes from the objects that a search finds, with its sources.

    Elsewhere than on a terminal the text is the first line; each source is a line of number, id, property and quote.
    """
    from alto.cli.search.ask_body import show_text
    from alto.cli.search.search_body import SearchFlags, search_body

    flags = SearchFlags(
        mode=mode,
        alpha=alpha,
        search_in=names(search_in),
        target_vector=target_vector,
        limit=limit,
        condition=None if condition is None else json_of("--filter", condition),
    )
    settings = {"system": system, "max_tokens": max_tokens, "context_tokens": context_tokens, "region": model_region}
    given = {name: value for name, value in settings.items() if value is not None}
    task = {"grouped_task": question, "citations": False if no_citations else None, "properties": names(read) or None}
    body = search_body(query or question, flags) | {
        "generate": {name: value for name, value in task.items() if value is not None} | _model(model, endpoint) | given
    }
    with connection.open() as client:
        response = client.call("POST", f"/v1/collections/{segment(collection)}/generate", body)
    if as_json:
        show_json(response)
    show_text(response, quiet=as_json)


def _model(model: str | None, endpoint: str | None) -> dict[str, str]:
    """The model of the options. Raises `CommandError` for two."""
    if model and endpoint:
        raise CommandError("--model and --endpoint are two models: give one of them.", ExitCode.USAGE)
    if endpoint:
        return {"service": "sagemaker", "endpoint": endpoint}
    return {"service": "bedrock", "model": model} if model else {}
