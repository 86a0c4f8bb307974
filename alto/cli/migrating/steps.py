"""The steps of `alto migrate`. Each can be repeated."""

from typing import TYPE_CHECKING, Any, TypeAlias

import alto
from alto.cli.collections.collection_body import VectorFlags, Vectorizer, vector_of
from alto.cli.exits import CommandError, ExitCode
from alto.cli.files import read
from alto.cli.imports.following import follow_job
from alto.cli.migrating.vectors import add_vector, path_of
from alto.cli.terminal.output import note

if TYPE_CHECKING:
    from alto.operations.migrations import MigrationPlan, VectorComparison

# What the new vector takes from the old one: what is embedded, and how it is indexed and cut.
KEPT = ("source_properties", "vectorize_collection_name", "index", "truncate", "passages", "role_arn")
# What makes two vectors the same; `dimensions` too, where they are given.
COMPARED = (*KEPT, "vectorizer", "service", "region", "model")

Queries: TypeAlias = dict[str, str]
Judgements: TypeAlias = dict[str, dict[str, int]]


class Steps:
    """The collection that is migrated, by requests. It keeps its own name if an alias of it is pointed elsewhere."""

    def __init__(self, client: "alto.AltoClient", name: str) -> None:
        self._client = client
        self._collection: dict[str, Any] = client.call("GET", path_of(name))
        self.name: str = self._collection["name"]
        self._path = path_of(self.name)

    @property
    def is_rebuilding(self) -> bool:
        """Whether a rebuild is under way."""
        return self._collection.get("rebuild") is not None

    def is_filling(self, vector: str) -> bool:
        """Whether objects may still lack this vector."""
        return vector in self._collection.get("filling", {})

    @property
    def keeps_former(self) -> bool:
        """Whether the index before the last rebuild is kept."""
        return self._collection.get("former") is not None

    def other_vectors(self, new: str) -> list[str]:
        """The vectors besides this one."""
        return [each for each in self._collection["vectors"] if each != new]

    def find_old(self, named: str | None) -> str:
        """The vector to replace: the one that is named, or that of searches; "" if the collection has none."""
        from alto.operations.migrations import default_of

        vectors = self._collection["vectors"]
        if named is not None and named not in vectors:
            raise CommandError(
                f"--old {named}: {self.name} has no such vector, but {', '.join(vectors) or 'none'}.", ExitCode.USAGE
            )
        old = named or default_of(self._collection)
        if not old and vectors:
            raise CommandError(
                f"{self.name} has several vectors and no default: name the one to replace with --old, one of "
                f"{', '.join(vectors)}.",
                ExitCode.USAGE,
            )
        return old

    def new_config(self, old: str, model: str, region: str, dimensions: int | None) -> dict[str, Any]:
        """The new vector: what the old one embeds, with the same index, by another model."""
        before = self._collection["vectors"].get(old, {})
        flags = VectorFlags(Vectorizer.BEDROCK, region, model, None, dimensions, (), None, "new")
        made: dict[str, Any] = vector_of(flags)["new"]
        return {each: before[each] for each in KEPT if before.get(each)} | made

    def choose_name(self, named: str | None, old: str, config: dict[str, Any]) -> str:
        """The name of the new vector: of one with these settings, which a migration has begun; or a free one.

        A vector of the same name with other settings is an error: searches would get it instead of the one asked for.
        """
        from alto.operations.migrations import default_of, free_name

        vectors = self._collection["vectors"]
        if named is not None:
            if named in vectors and (other := _first_difference(vectors[named], config)):
                raise CommandError(
                    f"--vector-name {named}: {self.name} has a vector of this name with other settings ({other}). Take "
                    "another name, or the same settings.",
                    ExitCode.USAGE,
                )
            return named
        same = [each for each in vectors if _first_difference(vectors[each], config) is None]
        # With --old, searches may use the new one already.
        preferred = [each for each in (old, default_of(self._collection)) if each in same]
        return next(iter([*preferred, *same]), None) or free_name(self._collection, config["model"])

    def check_room(self, old: str, compared_by: object, *, keep_old: bool) -> None:
        """Raise `CommandError` for what would stop the migration after its fill was paid for."""
        if compared_by is not None and not old:
            raise CommandError(f"{self.name} has no vector to compare with: leave out --queries.", ExitCode.USAGE)
        if keep_old or not old:
            return
        if self.is_rebuilding:
            raise CommandError(
                f"A rebuild of {self.name} is under way, and dropping '{old}' takes another: wait for it, or say "
                "--keep-old."
            )
        if self.keeps_former:
            raise CommandError(
                f"{self.name} keeps the index before its last rebuild, and dropping '{old}' takes another rebuild: "
                f"delete it with alto rebuild {self.name} --finish, or say --keep-old."
            )

    def what_follows(self, old: str, *, keep_old: bool) -> str:
        """The end of the old vector, for the plan."""
        if not old:
            return "it is the default of searches"
        if keep_old:
            return "both vectors are kept"
        is_own = self._collection["vectors"][old].get("vectorizer") == "none"
        return f"the vector '{old}' is dropped" + (", which Alto cannot make again: it is your own" if is_own else "")

    def plan(self, vector: str, config: dict[str, Any], *, batch: bool) -> "MigrationPlan":
        """Estimate it from the texts of some objects."""
        from alto.operations.migrations import SAMPLE, plan, text_length

        total = self._client.call("POST", f"{self._path}/aggregate", {}, repeatable=True)["total"]
        found = self._client.call("GET", f"{self._path}/objects?limit={SAMPLE}")["objects"]
        texts = [text_length(self._collection, config, each["properties"]) for each in found]
        return plan(self._collection, total, texts, vector=vector, config=config, batch=batch)

    def fill(self, vector: str, config: dict[str, Any], *, batch: bool) -> None:
        """Add the vector and fill it; or go on with the fill that was begun."""
        if vector not in self._collection["vectors"]:
            job = add_vector(self._client, self.name, {vector: config}, batch=batch)
            note(f"Added '{vector}': every write makes it from now on.")
        elif self.is_filling(vector):
            job = self._client.call(
                "POST", f"{self._path}/vectors/{vector}/fill", {"embedding": "batch" if batch else "on_demand"}
            )
        else:
            note(f"'{vector}' is filled.")
            return
        end_job(follow_job(self._client, job["id"], job["collection"]))

    def compare(self, old: str, new: str, queries: Queries, judgements: Judgements) -> "VectorComparison":
        """Search each query by both vectors."""
        return self._client.collections.use(self.name).migration.compare(old, new, queries, judgements)

    def switch(self, new: str) -> None:
        """Let searches use the new vector that name none."""
        self._client.call("PATCH", self._path, {"default_vector": new})

    def drop(self, old: str) -> None:
        """Drop the old vector by a rebuild, and the index with it."""
        note(f"Dropping '{old}', by a rebuild:")
        job = self._client.call("POST", f"{self._path}/rebuild", {"vectors": {old: None}})
        end_job(follow_job(self._client, job["id"], job["collection"]))
        self.finish()
        note(f"Dropped '{old}' and the index that had it.")

    def follow_rebuild(self, *, finish: bool) -> None:
        """Wait for the rebuild that is under way, and delete the former index after it."""
        rebuild = self._collection["rebuild"]
        end_job(follow_job(self._client, rebuild["job"], self.name))
        if finish and not rebuild.get("undo"):
            self.finish()
            note("Deleted the index before it.")

    def finish(self) -> None:
        """Delete the index before the last rebuild."""
        self._client.call("POST", f"{self._path}/rebuild/finish")


def read_comparison(queries: str, judgements: str | None) -> tuple[Queries, Judgements]:
    """Read the queries that vectors are compared by, and their judgements, if there are any."""
    from alto.evaluation.judgements import read_judgements, read_queries

    asked = {each.id: each.text for each in read_queries(read(queries), queries)}
    return asked, {} if judgements is None else read_judgements(read(judgements), judgements)


def _first_difference(stored: dict[str, Any], config: dict[str, Any]) -> str | None:
    """Return the first setting in which a stored vector differs from one that is asked for."""
    for name in (*COMPARED, *(["dimensions"] if "dimensions" in config else [])):
        if (stored.get(name) or None) != (config.get(name) or None):
            return f"{name}: {stored.get(name)}, not {config.get(name)}"
    return None


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
