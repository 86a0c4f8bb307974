"""`alto migrate` and `alto rebuild`: another model or another index, without downtime."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from alto.cli.command import command, make_group
from alto.cli.connection import Connection
from alto.cli.exits import CommandError, ExitCode
from alto.cli.files import json_of
from alto.cli.imports.following import duration, follow_job
from alto.cli.migrating.steps import Steps, end_job, read_comparison
from alto.cli.migrating.vectors import Batch, Name, path_of
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
    replaced: Annotated[
        str | None, typer.Option("--old", metavar="VECTOR", help="The vector to replace: that of searches, by default.")
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
    if queries is None and judgements is not None:
        raise CommandError("--judgements grades the hits of queries: add --queries FILE.", ExitCode.USAGE)
    # Read before anything is paid for.
    compared_by = None if queries is None else read_comparison(queries, judgements)
    with connection.open() as client:
        steps = Steps(client, name)
        old = steps.find_old(replaced)
        region = model_region or connection.region or client.get_meta()["region"]
        config = steps.new_config(old, model, region, dimensions) | ({"truncate": truncate.value} if truncate else {})
        new = steps.choose_name(vector, old, config)
        if new == old:
            _end_begun(steps, new, keep_old=keep_old, batch=batch, yes=yes)
            return
        steps.check_room(old, compared_by, keep_old=keep_old)
        _show_plan(steps.plan(new, config, batch=batch), steps.what_follows(old, keep_old=keep_old))
        if not yes:
            _confirm("This calls the model for all objects")
        steps.fill(new, config, batch=batch)
        if compared_by is not None:
            compared = steps.compare(old, new, *compared_by)
            _show_comparison(old, new, compared)
            if compared.overlap < least_overlap:
                raise CommandError(
                    f"The overlap is {compared.overlap:.2f}, below {least_overlap}: nothing was switched. The vector "
                    f"'{new}' stays. To switch all the same: alto vectors default {steps.name} {new}"
                )
        steps.switch(new)
        back = f" To go back: alto vectors default {steps.name} {old}" if old else ""
        note(f"Switched: searches that name no vector use '{new}'.{back}")
        if keep_old and old:
            note(f"Kept '{old}': every write makes both vectors until it is dropped.")
        elif old:
            steps.drop(old)


def _end_begun(steps: Steps, new: str, *, keep_old: bool, batch: bool, yes: bool) -> None:
    """End a migration whose vector searches use already: fill what is missing, drop what it was dropping."""
    note(f"Searches use '{new}' already.")
    if steps.is_filling(new) and not yes:
        _confirm(f"This calls the model for the objects that lack '{new}'")
    steps.fill(new, {}, batch=batch)
    others = steps.other_vectors(new)
    if steps.is_rebuilding:
        note("Its former vector is being dropped, by a rebuild:")
        steps.follow_rebuild(finish=not keep_old)
    elif steps.keeps_former and not keep_old:
        if not yes:
            _confirm("This deletes the index before the last rebuild, which then cannot be undone")
        steps.finish()
        note("Deleted the index before the last rebuild.")
    elif others and not keep_old:
        note(f"It has other vectors, too. To drop '{others[0]}', repeat the command with --old {others[0]}")


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


def _show_plan(plan: "MigrationPlan", follows: str) -> None:
    price = "unknown here" if plan.price is None else f"about {plan.price:,.2f} USD"
    time = "hours" if plan.batch else f"about {duration(max(1.0, 60 * plan.minutes))}"
    way = "batch inference" if plan.batch else f"{plan.calls:,} calls on demand"
    start = f"from the vector '{plan.old}'" if plan.old else "from no vector"
    note(f"{plan.collection}: {start} to '{plan.vector}' ({plan.model})")
    note(f"  objects  {plan.objects:,}")
    note(f"  tokens   about {plan.tokens:,} (the texts of {plan.sampled:,} objects were measured)")
    note(f"  price    {price} (list price of us-east-1)")
    note(f"  time     {time}, by {way} (with a new account's quota: 300,000 tokens and 2,000 calls a minute)")
    note(f"  then     {follows}")


def _show_comparison(old: str, new: str, compared: "VectorComparison") -> None:
    note(f"Compared by {compared.queries:,} queries: overlap@10 {compared.overlap:.2f}")
    if compared.old_ndcg is not None and compared.new_ndcg is not None:
        note(
            f"nDCG@10 of {compared.judged:,} judged queries: '{old}' {compared.old_ndcg:.3f}, "
            f"'{new}' {compared.new_ndcg:.3f}"
        )


def _confirm(what: str) -> None:
    if not on_terminal(sys.stdin):
        raise CommandError(f"{what}, and the terminal for a confirmation is missing: add --yes.", ExitCode.USAGE)
    if not typer.confirm("Begin?", err=True):
        note("Nothing was changed.")
        raise typer.Exit(ExitCode.FAILED)
