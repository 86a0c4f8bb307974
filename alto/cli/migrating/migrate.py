"""`alto migrate` and `alto rebuild`: another model or another index, without downtime."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

import alto
from alto.cli.collections.collection_body import VectorFlags, Vectorizer, vector_of
from alto.cli.command import command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.files import json_of
from alto.cli.imports.following import duration, follow_job
from alto.cli.migrating.vectors import Batch, Name, add_vector, path_of
from alto.cli.terminal.output import cell, note, on_terminal
from alto.compatibility import StrEnum

if TYPE_CHECKING:
    from alto.operations.migrations import MigrationPlan, VectorComparison

group = make_group()


class Truncation(StrEnum):
    """Which end of a text is cut away."""

    NONE = "none"
    START = "start"
    END = "end"


@command(
    group,
    "migrate",
    "alto migrate Film --model cohere.embed-v4:0",
    "alto migrate Film --model amazon.titan-embed-text-v2:0 --batch --keep-old --yes",
    "alto migrate Film --model cohere.embed-v4:0 --queries queries.jsonl --judgements qrels.tsv",
    "alto migrate Film --model cohere.embed-english-v3 --truncate end",
)
def migrate(
    connection: Connection,
    name: Name,
    model: Annotated[str, typer.Option("--model", help="The new model of Amazon Bedrock.")],
    model_region: Annotated[
        str | None, typer.Option("--model-region", help="Where the model is: --region or where Alto is, if not given.")
    ] = None,
    dimensions: Annotated[int | None, typer.Option("--dimensions", min=1, help="Length of the vectors.")] = None,
    vector: Annotated[
        str | None, typer.Option("--vector-name", help="The name of the new vector: the model's, if not given.")
    ] = None,
    truncate: Annotated[
        Truncation | None,
        typer.Option(
            "--truncate", help="Cut texts that are too long for the model; as the old vector does, by default."
        ),
    ] = None,
    batch: Batch = False,
    keep_old: Annotated[bool, typer.Option("--keep-old", help="Do not drop the old vector at the end.")] = False,
    queries: Annotated[
        str | None, typer.Option("--queries", metavar="FILE", help="Queries to compare by, as `alto evaluate` reads.")
    ] = None,
    judgements: Annotated[
        str | None, typer.Option("--judgements", metavar="FILE", help="Their judgements (qrels), for nDCG.")
    ] = None,
    least_overlap: Annotated[
        float, typer.Option("--least-overlap", min=0, max=1, help="Stop before the switch if it is below this.")
    ] = 0.0,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Bring a collection to another model: estimate, add, fill, compare, switch, drop the old vector.

    Searches and writes go on all the time. Interrupted, the same command goes on where it stopped.
    """
    with connection.open() as client:
        steps = _Steps(connection, client, name)
        region = model_region or connection.region or client.get_meta()["region"]
        old = steps.old_vector(vector)
        config = steps.new_config(old, model, region, dimensions) | ({"truncate": truncate.value} if truncate else {})
        new = vector or steps.name_for(model, old)
        plan = steps.plan(new, config, batch=batch)
        _show_plan(plan, keep_old=keep_old)
        if plan.old == new:
            note(f"Searches use '{new}' already.")
        elif not yes:
            _confirm()
        steps.fill(new, config, batch=batch)
        if queries is not None:
            compared = steps.compare(old, new, queries, judgements)
            _show_comparison(old, new, compared)
            if compared.overlap < least_overlap:
                raise CommandError(
                    f"The overlap is {compared.overlap:.2f}, below {least_overlap}: nothing was switched. The vector "
                    f"'{new}' stays. To switch all the same: alto vectors default {name} {new}"
                )
        client.call("PATCH", path_of(name), {"default_vector": new})
        note(f"Switched: searches that name no vector use '{new}'. To go back: alto vectors default {name} {old}")
        if keep_old or not old:
            note(f"Kept '{old}': every write makes both vectors until it is dropped.")
        else:
            steps.drop(old)


@command(
    group,
    "rebuild",
    "alto rebuild Film",
    'alto rebuild Film --change \'{"properties": {"title": {"tokenization": "word"}}}\'',
    "alto rebuild Film --shards 3 --finish",
    "alto rebuild Film --undo",
)
def rebuild(
    connection: Connection,
    name: Name,
    change: Annotated[
        str | None, typer.Option("--change", metavar="JSON", help="Changes, as the API takes them; @FILE reads a file.")
    ] = None,
    shards: Annotated[int | None, typer.Option("--shards", min=1, help="Parts of the index.")] = None,
    finish: Annotated[bool, typer.Option("--finish", help="Delete the former index, at once or after it.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Go back to the former index.")] = False,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Wait for its end.")] = True,
) -> None:
    """Make another index for a collection while it is used. `--finish` alone ends a rebuild that is done."""
    if undo and (change or shards or finish):
        raise CommandError("--undo goes back to the former index: it takes no changes.", ExitCode.USAGE)
    with connection.open() as client:
        path = f"{path_of(name)}/rebuild"
        body = ({} if change is None else json_of("--change", change)) | ({"shards": shards} if shards else {})
        former = client.call("GET", path_of(name)).get("former")
        if undo:
            job = client.call("POST", f"{path}/undo")["job"]
            if job is None:
                note(f"Gave up the rebuild of {cell(name)}.")
                return
        elif finish and former and not body:
            client.call("POST", f"{path}/finish")
            note(f"Deleted the former index of {cell(name)}.")
            return
        else:
            job = client.call("POST", path, body)
        if not follow:
            note(f"To follow it: alto imports follow {job['id']}")
            return
        end_job(follow_job(client, job["id"], job["collection"]))
        if finish:
            client.call("POST", f"{path}/finish")
        note(
            f"{cell(name)} uses its {'former' if undo else 'new'} index."
            + ("" if finish else f" To delete the other one: alto rebuild {name} --finish")
        )


class _Steps:
    """The steps of a migration. Each can be repeated."""

    def __init__(self, connection: Connection, client: "alto.AltoClient", name: str) -> None:
        self._connection = connection
        self._client = client
        self._name = name
        self._collection: dict[str, Any] = client.call("GET", path_of(name))

    def old_vector(self, new: str | None) -> str:
        """The vector that searches use now."""
        from alto.operations.migrations import default_of

        old = default_of(self._collection)
        if not old and not new:
            raise CommandError(
                f"{self._name} has several vectors and no default: choose one with alto vectors default.",
                ExitCode.USAGE,
            )
        return old

    def new_config(self, old: str, model: str, region: str, dimensions: int | None) -> dict[str, Any]:
        """The new vector: what the old one embeds, with the same index, by another model."""
        before = self._collection["vectors"].get(old, {})
        flags = VectorFlags(Vectorizer.BEDROCK, region, model, None, dimensions, (), None, "new")
        kept = {
            each: before[each]
            for each in ("source_properties", "vectorize_collection_name", "index", "truncate", "passages")
            if before.get(each)
        }
        made: dict[str, Any] = vector_of(flags)["new"]
        return kept | made

    def name_for(self, model: str, old: str) -> str:
        """The name of the new vector: that of a migration to this model that was begun, or a free one."""
        from alto.operations.migrations import free_name

        begun = [
            each for each, config in self._collection["vectors"].items() if config.get("model") == model and each != old
        ]
        return begun[0] if begun else free_name(self._collection, model)

    def plan(self, vector: str, config: dict[str, Any], *, batch: bool) -> "MigrationPlan":
        """Estimate it from the texts of some objects."""
        from alto.operations.migrations import SAMPLE, plan, text_length

        total = self._client.call("POST", f"{path_of(self._name)}/aggregate", {}, repeatable=True)["total"]
        found = self._client.call("GET", f"{path_of(self._name)}/objects?limit={SAMPLE}")["objects"]
        texts = [text_length(self._collection, config, each["properties"]) for each in found]
        return plan(self._collection, total, texts, vector=vector, config=config, batch=batch)

    def fill(self, vector: str, config: dict[str, Any], *, batch: bool) -> None:
        """Add the vector and fill it; or go on with the fill that was begun."""
        if vector not in self._collection["vectors"]:
            job = add_vector(self._client, self._name, {vector: config}, batch=batch)
            note(f"Added '{vector}': every write makes it from now on.")
        elif vector in self._collection.get("filling", {}):
            job = self._client.call(
                "POST", f"{path_of(self._name)}/vectors/{vector}/fill", {"embedding": "batch" if batch else "on_demand"}
            )
        else:
            note(f"'{vector}' is filled.")
            return
        job = follow_job(self._client, job["id"], job["collection"])
        end_job(job)

    def compare(self, old: str, new: str, queries: str, judgements: str | None) -> "VectorComparison":
        """Search each query by both vectors."""
        from pathlib import Path

        from alto.evaluation.judgements import read_judgements, read_queries

        asked = {each.id: each.text for each in read_queries(Path(queries).read_text(encoding="utf-8"))}
        judged = {} if judgements is None else read_judgements(Path(judgements).read_text(encoding="utf-8"))
        return self._client.collections.use(self._name).migration.compare(old, new, asked, judged)

    def drop(self, old: str) -> None:
        """Drop the old vector by a rebuild, and the index with it."""
        note(f"Dropping '{old}', by a rebuild:")
        job = self._client.call("POST", f"{path_of(self._name)}/rebuild", {"vectors": {old: None}})
        end_job(follow_job(self._client, job["id"], job["collection"]))
        self._client.call("POST", f"{path_of(self._name)}/rebuild/finish")
        note(f"Dropped '{old}' and the index that had it.")


def end_job(job: dict[str, Any]) -> None:
    """Say how a job ended. Raises `CommandError` if it has not done all its work."""
    counts = job["counts"]
    said = ", ".join(f"{counts[each]:,} {each}" for each in ("loaded", "unchanged", "failed"))
    if job["state"] != "completed":
        reason = f" {job['reason']}" if job["reason"] else ""
        raise CommandError(
            f"The {job['kind']} is {job['state']}.{reason} To go on: alto imports resume {job['id']} --follow"
        )
    note(f"The {job['kind']} is completed: {said}.")
    if counts["failed"]:
        raise CommandError(
            f"{counts['failed']:,} objects have no new vector. See why: alto imports errors {job['id']}. Then try them "
            f"again: alto imports retry {job['id']} --follow",
            ExitCode.PARTIAL,
        )


def _show_plan(plan: "MigrationPlan", *, keep_old: bool) -> None:
    price = "unknown here" if plan.price is None else f"about {plan.price:,.2f} USD"
    time = "hours" if plan.batch else f"about {duration(max(1.0, 60 * plan.minutes))}"
    way = "batch inference" if plan.batch else f"{plan.calls:,} calls on demand"
    note(f"{plan.collection}: from the vector '{plan.old}' to '{plan.vector}' ({plan.model})")
    note(f"  objects  {plan.objects:,}")
    note(f"  tokens   about {plan.tokens:,} (the texts of {plan.sampled:,} objects were measured)")
    note(f"  price    {price} (list price of us-east-1)")
    note(f"  time     {time}, by {way} (with a new account's quota: 300,000 tokens and 2,000 calls a minute)")
    note(f"  then     {'both vectors are kept' if keep_old else f'the vector {plan.old!r} is dropped'}")


def _show_comparison(old: str, new: str, compared: "VectorComparison") -> None:
    note(f"Compared by {compared.queries:,} queries: overlap@10 {compared.overlap:.2f}")
    if compared.old_ndcg is not None and compared.new_ndcg is not None:
        note(
            f"nDCG@10 of {compared.judged:,} judged queries: '{old}' {compared.old_ndcg:.3f}, "
            f"'{new}' {compared.new_ndcg:.3f}"
        )


def _confirm() -> None:
    if not on_terminal(sys.stdin):
        raise CommandError(
            "This calls the model for all objects, and the terminal for a confirmation is missing: add --yes.",
            ExitCode.USAGE,
        )
    if not typer.confirm("Begin?", err=True):
        note("Nothing was changed.")
        raise typer.Exit(ExitCode.FAILED)
