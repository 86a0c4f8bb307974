"""The server's version, and the responses that describe its state."""

from typing import Literal

from lambdas.models import StrictModel
from lambdas.opensearch import OpenSearch
from lambdas.settings import EngineSettings

# The version of the server. A release raises it together with the client's: tests/unit/http/test_meta.py compares them.
VERSION = "0.1.0"


class Module(StrictModel):
    """A part of Alto that calls models."""

    name: str
    documentation: str


class Meta(StrictModel):
    """Version, region and modules of the server."""

    version: str
    region: str
    modules: dict[str, Module]


class Live(StrictModel):
    """The function runs."""

    live: Literal[True]


class Ready(StrictModel):
    """OpenSearch responds."""

    ready: Literal[True]


def describe_server(settings: EngineSettings) -> Meta:
    """Return version, region and enabled modules."""
    text2vec = Module(
        name="Text embeddings by Amazon Bedrock and SageMaker",
        documentation="https://docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html",
    )
    return Meta(version=VERSION, region=settings.region, modules={"text2vec-aws": text2vec})


def check_readiness(engine: OpenSearch) -> Ready:
    """Send a small search to OpenSearch. Raises `SearchEngineUnavailableError`."""
    engine.request("POST", "/alto-*/_search", {"size": 0, "track_total_hits": False, "terminate_after": 1}, timeout=5.0)
    return Ready(ready=True)
