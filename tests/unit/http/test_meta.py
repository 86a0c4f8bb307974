"""The version of the server, which /v1/meta returns."""

from alto.version import VERSION as CLIENT_VERSION
from lambdas.meta import VERSION, describe_server
from lambdas.settings import EngineSettings


def test_server_and_client_are_released_with_one_version() -> None:
    assert VERSION == CLIENT_VERSION


def test_meta_has_the_version_and_the_region() -> None:
    settings = EngineSettings.from_environment(
        {"AWS_REGION": "eu-central-1", "ALTO_OPENSEARCH_URL": "https://search.example"}
    )

    found = describe_server(settings)

    assert (found.version, found.region, list(found.modules)) == (VERSION, "eu-central-1", ["text2vec-aws"])
