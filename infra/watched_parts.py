"""The parts of a stack that monitoring and the acknowledged findings of cdk-nag refer to."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.batch_inference import BatchInference
from infra.functions import AltoFunction
from infra.import_pipeline import ImportPipeline
from infra.query_api import QueryApi
from infra.search_domain import SearchDomain
from infra.settings import Settings


@dataclass(frozen=True)
class WatchedParts:
    """The constructs of one stack; `functions` by name."""

    settings: Settings
    functions: Mapping[str, AltoFunction]
    imports: ImportPipeline
    api: QueryApi
    search: SearchDomain
    batch: BatchInference
