"""The index before the last rebuild: how an undo brings it back, and how a copy is given up."""

from collections.abc import Collection as Names

from lambdas.collections.admin import CollectionAdmin
from lambdas.collections.checks import validate
from lambdas.collections.hold import take_writes
from lambdas.collections.model import Collection, FormerIndex, Rebuild, has_no_room_for_vectors
from lambdas.collections.names import index_name
from lambdas.collections.properties import unite
from lambdas.errors import ConflictError
from lambdas.opensearch import DocumentMissingError, OpenSearch

# Where the mapping of a former index has the vectors of the index that took its place, at that moment.
NEXT_VECTORS = "next_vectors"


def copy_alias(collection: Collection) -> str:
    """The alias through which an index is filled that is to be this generation's."""
    return f"{collection.identity}-c{collection.index_number}"


def prepare_undo(engine: OpenSearch, admin: CollectionAdmin, live: Collection, former: str) -> None:
    """Make the former index the target of a copy: it takes writes again, and follows the present configuration.

    Raises `ConflictError` if it cannot take a vector that the collection has by now.
    """
    before = admin.indices.stored_in(former)
    # An older Alto did not note the vectors: none counts as added then.
    after = taken_back(before, live, admin.indices.meta_of(former).get(NEXT_VECTORS, live.vectors))
    admin.indices.store_in(former, before, after)
    take_writes(engine, former)
    engine.request("PUT", f"/{former}/_alias/{copy_alias(after)}", repeat=True)


def taken_back(before: Collection, live: Collection, rebuilt: Names[str]) -> Collection:
    """Return the collection as it was before its last rebuild, with what was changed since.

    `rebuilt` names the vectors that it had after the rebuild. The rebuild's own changes are undone, the default vector
    among them. Raises `ConflictError`. Pure.
    """
    added = {
        name: config for name, config in live.vectors.items() if name not in rebuilt and name not in before.vectors
    }
    if added and has_no_room_for_vectors(before):
        raise ConflictError(
            f"The index before the rebuild was made without vectors and cannot take '{next(iter(added))}', which was "
            f"added since: finish the rebuild with POST /v1/collections/{live.name}/rebuild/finish."
        )
    for name in before.vectors.keys() & live.vectors.keys():
        # A rebuild changes only how a vector is indexed.
        was, now = (each.vectors[name].model_dump(exclude={"index"}) for each in (before, live))
        if was != now:
            raise ConflictError(
                f"The rebuild dropped the vector '{name}', and another of this name was added since, which the former "
                f"index cannot take: finish the rebuild with POST /v1/collections/{live.name}/rebuild/finish."
            )
    dropped = {name: job for name, job in before.filling.items() if name not in live.vectors}
    index = {"replicas": live.index.replicas, "refresh_seconds": live.index.refresh_seconds}
    kept = ("description", "auto_schema", "generative", "reranker", "documents", "expiry")
    return validate(
        before.model_copy(
            update={
                "properties": unite(before.properties, live.properties),
                "vectors": before.vectors | added,
                # The only vector would not be the default of searches any more next to another.
                "default_vector": before.vector_of_searches if added else before.default_vector,
                "filling": dropped | live.filling,
                "index": before.index.model_copy(update=index),
                "generation": live.generation + 1,
                "rebuild": None,
                "former": FormerIndex(index_number=live.index_number),
            }
            | {name: getattr(live, name) for name in kept}
        )
    )


def discard(engine: OpenSearch, admin: CollectionAdmin, live: Collection, rebuild: Rebuild) -> None:
    """Give up a copy: a new index is deleted; a former one, which an undo was to bring back, stays as it was."""
    index = index_name(live.name, rebuild.index_number)
    if rebuild.undo:
        alias = copy_alias(live.model_copy(update={"index_number": rebuild.index_number}))
        try:
            engine.request("DELETE", f"/{index}/_alias/{alias}", repeat=True)
        except DocumentMissingError:
            return
    else:
        admin.indices.drop(index)
