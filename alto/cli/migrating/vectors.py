"""`alto vectors`: add a vector to a collection that is in use, fill it, make it the default."""

from typing import Annotated, Any

import typer

import alto
from alto.cli.collections.collection_body import Distance, VectorFlags, Vectorizer, vector_of
from alto.cli.command import JsonFlag, command, make_group
from alto.cli.connection import Connection
from alto.cli.imports.following import finish, follow_job
from alto.cli.terminal.output import cell, note, show_json
from alto.requests import segment

group = make_group(help="Add vectors to a collection, fill them, choose the default.")

Name = Annotated[str, typer.Argument(metavar="COLLECTION", help="The collection.")]
VectorName = Annotated[str, typer.Argument(metavar="VECTOR", help="The name of the vector.")]
Batch = Annotated[bool, typer.Option("--batch", help="Embed stored objects by batch inference, for half the price.")]
Follow = Annotated[bool, typer.Option("--follow/--no-follow", help="Wait for the end of the fill.")]


@command(
    group,
    "add",
    "alto vectors add Film v2 --model cohere.embed-v4:0",
    "alto vectors add Film v2 --model amazon.titan-embed-text-v2:0 --batch --no-follow",
)
def add(
    connection: Connection,
    name: Name,
    vector: VectorName,
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
    batch: Batch = False,
    follow: Follow = True,
    as_json: JsonFlag = False,
) -> None:
    """Add a vector to a collection that is in use, and give it to all objects."""
    kind = Vectorizer.SAGEMAKER if endpoint else Vectorizer.BEDROCK
    with connection.open() as client:
        region = model_region or connection.region or client.get_meta()["region"]
        names = sources.split(",") if sources else ()
        flags = VectorFlags(kind, region, model, endpoint, dimensions, names, distance, vector)
        job = add_vector(client, name, vector_of(flags), batch=batch)
        note(f"Added '{vector}': every write makes it from now on, and the stored objects get it.")
        end_fill(connection, client, job, follow=follow, as_json=as_json)


@command(group, "fill", "alto vectors fill Film v2", "alto vectors fill Film v2 --batch --no-follow")
def fill(
    connection: Connection,
    name: Name,
    vector: VectorName,
    batch: Batch = False,
    follow: Follow = True,
    as_json: JsonFlag = False,
) -> None:
    """Give a vector to all objects that lack it. A fill that is at work is followed."""
    with connection.open() as client:
        job = client.call("POST", f"{path_of(name)}/vectors/{segment(vector)}/fill", embedding(batch=batch))
        end_fill(connection, client, job, follow=follow, as_json=as_json)


@command(group, "default", "alto vectors default Film v2", "alto vectors default Film")
def default(
    connection: Connection,
    name: Name,
    vector: Annotated[
        str | None, typer.Argument(metavar="[VECTOR]", help="Its name. Without it, the setting is removed.")
    ] = None,
) -> None:
    """Choose the vector that searches use which name none. The change is atomic."""
    with connection.open() as client:
        client.call("PATCH", path_of(name), {"default_vector": vector})
    note(
        f"Searches of {cell(name)} that name no vector use {cell(vector or 'the one named default, or the only one')}."
    )


def path_of(name: str) -> str:
    """The path of a collection."""
    return f"/v1/collections/{segment(name)}"


def embedding(*, batch: bool) -> dict[str, str]:
    """How stored objects are embedded, as the API takes it."""
    return {"embedding": "batch" if batch else "on_demand"}


def add_vector(client: "alto.AltoClient", name: str, vectors: dict[str, Any], *, batch: bool) -> dict[str, Any]:
    """Add a vector, and return the job that fills it."""
    added = client.call("POST", f"{path_of(name)}/vectors", {"vectors": vectors} | embedding(batch=batch))
    job: dict[str, Any]
    [job] = added["jobs"].values()
    return job


def end_fill(
    connection: Connection, client: "alto.AltoClient", job: dict[str, Any], *, follow: bool, as_json: bool
) -> None:
    """Follow a fill to its end, or say how to."""
    if follow:
        code = finish(connection, follow_job(client, job["id"], job["collection"]), errors=None, as_json=as_json)
        raise typer.Exit(code)
    if as_json:
        show_json(job)
    else:
        note(f"To follow the fill: alto imports follow {job['id']}")
