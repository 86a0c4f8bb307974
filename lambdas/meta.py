"""What Alto says about itself."""

from typing import Literal

from lambdas.models import StrictModel
from lambdas.opensearch import OpenSearch
from lambdas.settings import EngineSettings

VERSION = "0.1.0"


class Module(StrictModel):
    """A part of Alto that turns text into vectors, or into answers."""

    name: str
    documentation: str


class Meta(StrictModel):
    """What this Alto is."""

    version: str
    region: str
    modules: dict[str, Module]


class Live(StrictModel):
    """The function runs."""

    live: Literal[True]


class Ready(StrictModel):
    """OpenSearch answers."""

    ready: Literal[True]


def meta(settings: EngineSettings) -> Meta:
    """Version, region and enabled modules."""
    text2vec = Module(
        name="Text embeddings by Amazon Bedrock and SageMaker",
        documentation="https://docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html",
    )
    return Meta(version=VERSION, region=settings.region, modules={"text2vec-aws": text2vec})


def readiness(engine: OpenSearch) -> Ready:
    """Ask OpenSearch for something small. Raises `SearchEngineUnavailableError`."""
    engine.request("POST", "/alto-*/_search", {"size": 0, "track_total_hits": False, "terminate_after": 1}, timeout=5.0)
    return Ready(ready=True)
