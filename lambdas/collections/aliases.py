"""Aliases: further names of collections, which can be pointed at another collection atomically.

An alias is a document of an index of its own, not an alias of OpenSearch: it outlives the index of its collection, and
one write of one document points it elsewhere. Functions never remember it, so a change holds from the next request on.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from lambdas.collections.model import CollectionName
from lambdas.collections.names import alias_of, collection_name
from lambdas.collections.registry import MAPPING_FILTER, CollectionRegistry
from lambdas.errors import (
    AliasNotFoundError,
    CollectionNotFoundError,
    ConflictError,
    InvalidRequestError,
    SearchEngineUnavailableError,
)
from lambdas.models import StrictModel
from lambdas.opensearch import (
    DocumentMissingError,
    EffectUnknownError,
    IndexExistsError,
    IndexMissingError,
    OpenSearch,
    WriteConflictError,
)

# No collection's name begins with a dash, so this is not the index of one.
ALIAS_INDEX = "alto--aliases"
INDEX_BODY = {
    "settings": {"index": {"number_of_shards": 1, "auto_expand_replicas": "0-1"}},
    "mappings": {
        "dynamic": "strict",
        "properties": {
            "alias": {"type": "keyword"},
            "collection": {"type": "keyword"},
            "created": {"type": "date", "index": False},
            "updated": {"type": "date", "index": False},
        },
    },
}
# All of them are one page of the list.
MAX_ALIASES = 1000
# Attempts to point an alias elsewhere while others do the same.
ATTEMPTS = 5


class AliasTarget(StrictModel):
    """The collection that an alias points at."""

    collection: CollectionName = Field(description="The collection, by its own name: an alias cannot point at another.")


class AliasConfig(AliasTarget):
    """An alias and the collection that it points at."""

    alias: CollectionName = Field(
        description="A name that neither a collection nor another alias has, also in another case. The first letter is "
        "made upper case."
    )


class Alias(AliasConfig):
    """An alias that exists."""

    created: datetime
    updated: datetime


class AliasList(StrictModel):
    """Aliases, sorted by name."""

    aliases: list[Alias]


class AliasStore:
    """Creates, reads, repoints and deletes aliases."""

    def __init__(
        self,
        engine: OpenSearch,
        registry: CollectionRegistry,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._now = now

    def create(self, config: AliasConfig) -> Alias:
        """Store a new alias. Raises `ConflictError` if the name is taken, `CollectionNotFoundError` for the target.

        A collection of this name may be created at the same moment: its creation looks for aliases after it stored the
        collection, and this looks for collections after it stored the alias, so at least one of the two gives way.
        """
        name, target = collection_name(config.alias), self._target(config.collection)
        self._reject_taken(name)
        if len(self.list().aliases) >= MAX_ALIASES:
            raise ConflictError(f"There are {MAX_ALIASES:,} aliases, which is the limit: delete some.")
        now = self._now()
        alias = Alias(alias=name, collection=target, created=now, updated=now)
        self._insert(alias)
        try:
            self._reject_taken(name)
        except ConflictError:
            self._engine.request("DELETE", _path(name), params={"refresh": "true"})
            raise
        return alias

    def get(self, name: str) -> Alias:
        """Return the alias as last written. Raises `AliasNotFoundError`."""
        return self._read(name)[0]

    def find_target(self, name: str) -> str | None:
        """Return the name of the collection that this alias points at; None if the name is not one of an alias."""
        try:
            return self.get(name).collection
        except AliasNotFoundError:
            return None

    def is_taken(self, name: str) -> bool:
        """Whether an alias has this name, in any case."""
        try:
            self._engine.request("GET", _path(name))
        except (IndexMissingError, DocumentMissingError):
            return False
        return True

    def list(self, collection: str | None = None) -> AliasList:
        """Return all aliases, or those of one collection, sorted by name."""
        query: dict[str, Any] = (
            {"match_all": {}} if collection is None else {"term": {"collection": collection_name(collection)}}
        )
        body = {"size": MAX_ALIASES, "sort": ["alias"], "query": query}
        try:
            found = self._engine.request("POST", f"/{ALIAS_INDEX}/_search", body)
        except IndexMissingError:
            return AliasList(aliases=[])
        return AliasList(aliases=[Alias.model_validate(hit["_source"]) for hit in found["hits"]["hits"]])

    def repoint(self, name: str, target: AliasTarget) -> Alias:
        """Point the alias at another collection, in one write. Raises `AliasNotFoundError`, `CollectionNotFoundError`.

        Each request that begins afterwards uses the new collection; no request sees neither or both.
        """
        collection = self._target(target.collection)
        for _ in range(ATTEMPTS):
            alias, condition = self._read(name)
            changed = alias.model_copy(update={"collection": collection, "updated": self._now()})
            try:
                self._engine.request(
                    "PUT", _path(name), changed.model_dump(mode="json"), condition | {"refresh": "true"}
                )
            except WriteConflictError:
                continue
            return changed
        raise SearchEngineUnavailableError("Other requests change this alias at the same time. Try again.")

    def delete(self, name: str) -> None:
        """Delete the alias; its collection stays. Raises `AliasNotFoundError`."""
        self._read(name)
        try:
            self._engine.request("DELETE", _path(name), params={"refresh": "true"})
        except DocumentMissingError:
            raise _missing(name) from None

    def _read(self, name: str) -> tuple[Alias, dict[str, str]]:
        """Return the alias, and the condition of a write that changes it as it is now."""
        try:
            found = self._engine.request("GET", _path(name))
        except (IndexMissingError, DocumentMissingError):
            raise _missing(name) from None
        alias = Alias.model_validate(found["_source"])
        # As for collections: rights may be given for one spelling only.
        if alias.alias != collection_name(name):
            raise AliasNotFoundError(
                f"There is no alias '{name}'. Names are case-sensitive after the first letter; did you mean "
                f"'{alias.alias}'?"
            )
        return alias, {"if_seq_no": str(found["_seq_no"]), "if_primary_term": str(found["_primary_term"])}

    def _insert(self, alias: Alias) -> None:
        """Store the alias. Raises `ConflictError` if there is one of this name."""
        body, params = alias.model_dump(mode="json"), {"op_type": "create", "refresh": "true"}
        self._create_index()
        try:
            self._engine.request("PUT", _path(alias.alias), body, params)
        except WriteConflictError:
            raise _taken_by_alias(alias.alias) from None
        except EffectUnknownError:
            if self.get(alias.alias) != alias:
                raise

    def _create_index(self) -> None:
        try:
            self._engine.request("GET", f"/{ALIAS_INDEX}/_mapping", params=MAPPING_FILTER)
        except IndexMissingError:
            try:
                self._engine.request("PUT", f"/{ALIAS_INDEX}", INDEX_BODY, repeat=True)
            except IndexExistsError:
                return

    def _target(self, name: str) -> str:
        """Return the stored name of the collection that an alias is to point at. Raises `CollectionNotFoundError`."""
        try:
            return self._registry.fresh(name).name
        except CollectionNotFoundError:
            other = self.find_target(name)
            if other is None:
                raise
            raise InvalidRequestError.at(
                "collection", f"'{name}' is an alias itself: name the collection, which is '{other}'"
            ) from None

    def _reject_taken(self, name: str) -> None:
        """Raise `ConflictError` if a collection or an alias has this name, in any case."""
        if self.is_taken(name) and self.find_target(name) is None:
            raise _taken_by_alias(name)
        try:
            self._engine.request("GET", f"/{alias_of(name)}/_mapping", params=MAPPING_FILTER)
        except IndexMissingError:
            return
        raise ConflictError(
            f"A collection '{name}' exists already, or one whose name differs only in case: an alias needs a name of "
            "its own."
        )


def _taken_by_alias(name: str) -> ConflictError:
    return ConflictError(
        f"An alias '{name}' exists already, or one whose name differs only in case. To point it elsewhere, send "
        "PUT /v1/aliases/{alias}."
    )


def _missing(name: str) -> AliasNotFoundError:
    return AliasNotFoundError(f"There is no alias '{name}'. Create it with POST /v1/aliases.")


def _path(name: str) -> str:
    return f"/{ALIAS_INDEX}/_doc/{name.lower()}"
