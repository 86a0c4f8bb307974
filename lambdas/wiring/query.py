"""The services of the query function."""

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from lambdas.collections.registry import CollectionRegistry
from lambdas.embedding.embedder import Embedder
from lambdas.opensearch import OpenSearch
from lambdas.search.searcher import Searcher
from lambdas.settings import EngineSettings, ModelSettings, RequestLimits
from lambdas.wiring.aws import aws_access
from lambdas.wiring.embedding import embedder, model_caller
from lambdas.wiring.opensearch import connect

if TYPE_CHECKING:
    from lambdas.aggregate.aggregator import Aggregator
    from lambdas.collections.aliases import AliasStore
    from lambdas.embedding.aws_caller import AwsCaller
    from lambdas.generative_search.step import GenerativeSearcher
    from lambdas.search.reranking.reranker import Reranker


class QueryServices(NamedTuple):
    """Made once, at the first request."""

    settings: EngineSettings
    engine: OpenSearch
    registry: CollectionRegistry
    aliases: "Callable[[], AliasStore]"
    limits: RequestLimits
    embedder: Embedder
    searcher: Searcher
    aggregator: "Callable[[], Aggregator]"
    generative: "Callable[[], GenerativeSearcher]"


@cache
def services() -> QueryServices:
    """Raises `SettingsError` when the environment lacks something."""
    settings = EngineSettings.from_environment(os.environ)
    limits = RequestLimits.from_environment(os.environ)
    aws = aws_access(os.environ)
    engine, caller = connect(settings, aws), model_caller(aws)
    queries = embedder(caller)
    searcher = Searcher(
        engine,
        queries,
        lambda: _reranker(caller),
        settings.region,
        limits=limits,
        rerank_role=ModelSettings.from_environment(os.environ).rerank_role,
    )
    registry = CollectionRegistry(engine)
    return QueryServices(
        settings=settings,
        engine=engine,
        registry=registry,
        aliases=cache(lambda: _aliases(engine, registry)),
        limits=limits,
        embedder=queries,
        searcher=searcher,
        aggregator=cache(lambda: _aggregator(engine, searcher, limits)),
        generative=cache(lambda: _generative(searcher, caller, settings.region)),
    )


# Most cold starts are for a search that neither aggregates, generates nor reranks, nor names an alias: they load
# nothing of that.
def _aliases(engine: OpenSearch, registry: CollectionRegistry) -> "AliasStore":
    from lambdas.collections.aliases import AliasStore  # noqa: PLC0415

    return AliasStore(engine, registry)


def _aggregator(engine: OpenSearch, searcher: Searcher, limits: RequestLimits) -> "Aggregator":
    from lambdas.aggregate.aggregator import Aggregator  # noqa: PLC0415

    return Aggregator(engine, searcher, limits)


def _reranker(caller: "AwsCaller") -> "Reranker":
    from lambdas.wiring.reranking import reranker  # noqa: PLC0415

    return reranker(caller)


def _generative(searcher: Searcher, caller: "AwsCaller", region: str) -> "GenerativeSearcher":
    from lambdas.wiring.generation import generative_searcher  # noqa: PLC0415

    return generative_searcher(searcher, caller, region, os.environ)
