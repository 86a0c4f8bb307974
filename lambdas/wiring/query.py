"""What the query function is made of."""

import os
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.session import Session

from lambdas.aggregate.aggregator import Aggregator
from lambdas.collections.registry import CollectionRegistry
from lambdas.opensearch import OpenSearch
from lambdas.search.searcher import Searcher
from lambdas.settings import QuerySettings
from lambdas.wiring.embedding import embedder
from lambdas.wiring.engine import connect
from lambdas.wiring.reranking import reranker


@dataclass(frozen=True, slots=True)
class QueryServices:
    """Made once, at the first request."""

    settings: QuerySettings
    engine: OpenSearch
    registry: CollectionRegistry
    searcher: Searcher
    aggregator: Aggregator


@cache
def services() -> QueryServices:
    """Raises `SettingsError` when the environment lacks something."""
    settings = QuerySettings.from_environment(os.environ)
    session: Any = Session()
    engine = connect(settings, session)
    models = embedder(session, os.environ), reranker(session, os.environ)
    searcher = Searcher(engine, *models, settings.region)
    return QueryServices(
        settings=settings,
        engine=engine,
        registry=CollectionRegistry(engine),
        searcher=searcher,
        aggregator=Aggregator(engine, searcher),
    )
