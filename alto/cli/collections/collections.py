"""`alto collections`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from alto.cli.collections.collection_body import Distance, VectorFlags, Vectorizer, collection_body
from alto.cli.collections.listing import read_collections
from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.files import json_of
from alto.cli.terminal.output import cell, note, on_terminal, show_json, show_rows
from alto.requests import segment

group = make_group(help="List, show, create and delete collections.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The collection.")]


@command(group, "list", "alto collections list", "alto collections list --limit 20 --after Film")
def list_collections(
    connection: Connection,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", min=1, help="Collections at most; all, if not given.")
    ] = None,
    after: Annotated[
        str | None, typer.Option("--after", metavar="NAME", help="Only collections whose names follow this one.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List collections, sorted by name."""
    with connection.open() as client:
        found, following = read_collections(client, limit, after)
    if as_json:
        show_json(found)
        return
    if not found:
        note("There are no collections yet: `alto collections create` makes one.")
        return
    rows = [
        (each["name"], len(each["properties"]), ", ".join(_vector_in_short(*item) for item in each["vectors"].items()))
        for each in found
    ]
    show_rows(("NAME", "PROPERTIES", "VECTORS"), rows)
    if following is not None:
        note(f"There are more: `alto collections list --after {following}`.")


@command(group, "show", "alto collections show Film", "alto collections show Film --json > film.json")
def show(connection: Connection, name: Name, as_json: JsonFlag = False) -> None:
    """Show a collection: properties, vectors, and how many objects it has."""
    with connection.open() as client:
        found = client.call("GET", _path(name))
        if as_json:
            show_json(found)
            return
        total = client.call("POST", f"{_path(name)}/aggregate", {}, repeatable=True)["total"]
    show_rows(("COLLECTION", "OBJECTS", "DESCRIPTION"), [(found["name"], total, found["description"])])
    properties = [
        (
            each["name"],
            each["type"],
            each["tokenization"] if each["type"].startswith("text") else "",
            each["description"],
        )
        for each in found["properties"]
    ]
    show_rows(("PROPERTY", "TYPE", "TOKENIZATION", "DESCRIPTION"), properties)
    vectors = [
        (
            vector,
            config["vectorizer"],
            _model_of(config),
            config.get("region"),
            config["dimensions"],
            _distance_of(config),
        )
        for vector, config in found["vectors"].items()
    ]
    show_rows(("VECTOR", "VECTORIZER", "MODEL", "REGION", "DIMENSIONS", "DISTANCE"), vectors)
    if found.get("notice"):
        note(found["notice"])


@command(
    group,
    "create",
    "alto collections create Film --property title:text --property year:int \\",
    "    --vectorizer bedrock --model amazon.titan-embed-text-v2:0 --source-properties title",
    "alto collections create Own --property title:text:word --vectorizer none --dimensions 384",
    "alto collections create Copy --file film.json",
)
def create(
    connection: Connection,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The collection; the file may say it.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="Its JSON, as `show --json` prints it; - is stdin.")
    ] = None,
    properties: Annotated[
        list[str] | None,
        typer.Option(
            "--property", metavar="NAME:TYPE", help="text, int, date, …; title:text:folding ignores accents (often)."
        ),
    ] = None,
    description: Annotated[str | None, typer.Option("--description", help="What it is for.")] = None,
    vectorizer: Annotated[
        Vectorizer | None,
        typer.Option("--vectorizer", help="The service that makes the vectors; none: they come with the objects."),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="The model of Amazon Bedrock.")] = None,
    endpoint: Annotated[str | None, typer.Option("--endpoint", help="The endpoint of Amazon SageMaker.")] = None,
    model_region: Annotated[
        str | None, typer.Option("--model-region", help="Where the model is: --region or where Alto is, if not given.")
    ] = None,
    dimensions: Annotated[int | None, typer.Option("--dimensions", min=1, help="Length of the vectors.")] = None,
    sources: Annotated[
        str | None,
        typer.Option("--source-properties", metavar="A,B", help="The properties to embed: all text, if not given."),
    ] = None,
    distance: Annotated[Distance | None, typer.Option("--distance", help="cosine, if not given.")] = None,
    vector_name: Annotated[str, typer.Option("--vector-name", help="The name of the vector.")] = "default",
    as_json: JsonFlag = False,
) -> None:
    """Create a collection. The model is tested now, not at the first import."""
    described = {} if file is None else json_of("--file", f"@{file}")
    with connection.open() as client:
        region = model_region or connection.region
        if region is None and vectorizer in {Vectorizer.BEDROCK, Vectorizer.SAGEMAKER}:
            region = client.get_meta()["region"]
        flags = VectorFlags(
            vectorizer,
            region,
            model,
            endpoint,
            dimensions,
            sources.split(",") if sources else (),
            distance,
            vector_name,
        )
        made = client.call(
            "POST", "/v1/collections", collection_body(described, name, description, properties or (), flags)
        )
    if as_json:
        show_json(made)
        return
    note(f"Created {made['name']}. Import into it: alto import FILE --collection {made['name']} --follow")


@command(group, "delete", "alto collections delete Film", "alto collections delete Film --yes")
def delete(
    connection: Connection,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a collection and all its objects."""
    with connection.open() as client:
        if not yes:
            if not on_terminal(sys.stdin):
                raise CommandError(
                    "This deletes all objects, and the terminal for a confirmation is missing: add --yes.",
                    ExitCode.USAGE,
                )
            found = client.call("GET", _path(name))["name"]
            total = client.call("POST", f"{_path(name)}/aggregate", {}, repeatable=True)["total"]
            if not typer.confirm(f"Delete {found} and its {total:,} objects?", err=True):
                note("Nothing was deleted.")
                raise typer.Exit(ExitCode.FAILED)
        client.call("DELETE", _path(name))
    note(f"Deleted {cell(name)}.")


def _path(name: str) -> str:
    return f"/v1/collections/{segment(name)}"


def _vector_in_short(name: str, config: dict[str, Any]) -> str:
    model = _model_of(config)
    return f"{name}={model}" if model else f"{name}=own vectors, {config['dimensions']}"


def _model_of(config: dict[str, Any]) -> str:
    return config.get("model") or config.get("endpoint") or ""


def _distance_of(config: dict[str, Any]) -> str:
    return (config.get("index") or {}).get("distance") or ""
