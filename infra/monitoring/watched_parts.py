"""The parts of a stack that monitoring and the acknowledged findings of cdk-nag refer to."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.constructs.batch_inference import BatchInference
from infra.constructs.expiry_schedule import ExpirySchedule
from infra.constructs.functions import AltoFunction
from infra.constructs.import_pipeline import ImportPipeline
from infra.constructs.query_api import QueryApi
from infra.constructs.search_domain import SearchDomain
from infra.settings.settings import Settings


@dataclass(frozen=True)
class WatchedParts:
    """The constructs of one stack; `functions` by name."""

    settings: Settings
    functions: Mapping[str, AltoFunction]
    imports: ImportPipeline
    api: QueryApi
    search: SearchDomain
    batch: BatchInference
    expiry: ExpirySchedule
