"""`collection.migration`: another model, another index, without downtime."""

from collections.abc import Mapping
from typing import Any, Literal

from alto.aio.transport import AsyncTransport
from alto.classes.config import VectorConfig
from alto.classes.imports import ImportJob
from alto.errors import AltoConfigurationError
from alto.operations import aggregates, collections, migrations
from alto.operations.migrations import MigrationPlan, VectorComparison


class MigrationAsync:
    """Brings a collection to another model or index, step by step. See docs/changing-the-model.md."""

    def __init__(self, transport: AsyncTransport, name: str) -> None:
        self._transport = transport
        self._name = name

    async def plan(self, vector_config: VectorConfig, *, batch: bool = False) -> MigrationPlan:
        """Estimate tokens, price and time of a new vector, from the texts of some objects. Changes nothing.

        Args:
            vector_config: The new vector: `Configure.Vectors.text2vec_aws_bedrock(name="v2", model=..., ...)`.
            batch: Whether stored objects are to be embedded by batch inference.
        """
        collection = await self._transport.run(migrations.described(self._name))
        total = await self._transport.run(aggregates.count(self._name))
        settings = vector_config.settings
        found = await self._transport.run(migrations.sample(self._name))
        texts = [migrations.text_length(collection, settings, each) for each in found]
        name = vector_config.name or migrations.free_name(collection, str(settings.get("model") or "vector"))
        return migrations.plan(collection, total, texts, vector=name, config=settings, batch=batch)

    async def add(self, vector_config: VectorConfig, *, batch: bool = False) -> ImportJob:
        """Add the new vector; give the job that fills it to `client.imports.wait`.

        Args:
            vector_config: The new vector, with a name.
            batch: Whether stored objects are embedded by batch inference.
        """
        if not vector_config.name:
            raise AltoConfigurationError("vector_config needs a name: that of the new vector, such as name='v2'")
        embedding: Literal["on_demand", "batch"] = "batch" if batch else "on_demand"
        [job] = await self._transport.run(collections.add_vectors(self._name, vector_config, embedding))
        return job

    async def compare(
        self,
        old: str,
        new: str,
        queries: Mapping[str, str],
        judgements: Mapping[str, Mapping[str, int]] | None = None,
    ) -> VectorComparison:
        """Compare the hits of two vectors of the collection.

        Args:
            old: The vector that is in use.
            new: The other one.
            queries: Texts by their ids.
            judgements: Grades by query and object (its key, or its id), if there are any.
        """
        found: dict[str, dict[str, list[str]]] = {old: {}, new: {}}
        for vector, hits in found.items():
            for key, text in queries.items():
                hits[key] = await self._transport.run(migrations.hits(self._name, text, vector))
        return migrations.compare(found[old], found[new], judgements or {})

    async def switch(self, vector: str) -> None:
        """Make a vector the one that searches use which name none. Switch back in the same way.

        Args:
            vector: Its name.
        """
        await self._transport.run(
            collections.update(
                self._name,
                description=None,
                auto_schema=None,
                replicas=None,
                refresh_seconds=None,
                default_vector=vector,
            )
        )

    async def rebuild(
        self,
        *,
        properties: Mapping[str, Mapping[str, Any]] | None = None,
        vectors: Mapping[str, Mapping[str, Any] | None] | None = None,
        shards: int | None = None,
    ) -> ImportJob:
        """Make another index for the collection; give the job to `client.imports.wait`.

        Args:
            properties: Changes by the property's name, as the API takes them: `{"title": {"folding": True}}`.
            vectors: Another index of a vector, as the API takes it, or None to drop the vector.
            shards: Parts of the index.
        """
        given = {"properties": properties, "vectors": vectors, "shards": shards}
        body = {name: value for name, value in given.items() if value is not None}
        job: ImportJob = await self._transport.run(migrations.rebuild(self._name, body))
        return job

    async def undo(self) -> ImportJob | None:
        """Give up the rebuild that is under way, or go back to the index before the last one: then it takes a job."""
        job: ImportJob | None = await self._transport.run(migrations.undo_rebuild(self._name))
        return job

    async def finish(self) -> None:
        """Delete the index before the last rebuild: it cannot be undone any more."""
        await self._transport.run(migrations.finish_rebuild(self._name))
