"""The examples of Weaviate's page on text2vec-aws: the code is in tests/seed_page.py, and tests/e2e runs it too."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import alto
from tests import seed_page
from tests.api import Api
from tests.api_server import ApiServer


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[ApiServer]:
    with ApiServer(api) as running:
        yield running


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_KEY", "secret")


@pytest.fixture
def client(server: ApiServer) -> Iterator[alto.AltoClient]:
    client = seed_page.connect(server.port)
    yield client
    client.collections.delete("DemoCollection")
    client.close()
    _forget_collections()


def _forget_collections() -> None:
    """The functions remember a collection for seconds, and the next test makes another one of this name."""
    from lambdas.wiring import query, write

    for services in (query.services(), write.services()):
        services.registry.forget("DemoCollection")


@pytest.mark.parametrize(
    "configure", [seed_page.configure_bedrock, seed_page.configure_sagemaker, seed_page.configure_all_parameters]
)
def test_the_pages_examples_run_from_the_collection_to_the_responses(
    client: alto.AltoClient, configure: Callable[[alto.AltoClient], None], capsys: pytest.CaptureFixture[str]
) -> None:
    assert client.is_ready()

    configure(client)
    seed_page.import_data(client)

    capsys.readouterr()
    near, both = seed_page.near_text(client), seed_page.hybrid(client)
    assert "A Christmas Carol" in near
    assert "A Christmas Carol" in both
    printed = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("{")]
    assert printed == [*near, *both]
    films = client.collections.use("DemoCollection")
    assert films.batch.failed_objects == []
    assert len(films) == 5
    config = films.config.get()
    assert {each.name: each.data_type for each in config.properties} == {"title": "text", "description": "text"}
    [vector] = config.vector_config.values()
    assert vector["source_properties"] == ["title"]
    assert vector["vectorize_collection_name"] is True


def test_incomplete_credentials_fail_every_object_with_a_warning(
    server: ApiServer, client: alto.AltoClient, capsys: pytest.CaptureFixture[str]
) -> None:
    seed_page.configure_bedrock(client)

    with (
        alto.connect_to_local(port=server.port, headers={"X-AWS-Access-Key": "AKIDEXAMPLE"}) as half,
        pytest.warns(alto.BatchFailureWarning, match="5 of 5 objects were not stored.*X-AWS-Secret-Key is missing"),
    ):
        seed_page.import_data(half)

    printed = capsys.readouterr().out
    assert "Number of failed imports: 5" in printed
    assert "incomplete_credentials" in printed


def test_a_missing_environment_key_is_reported_when_connecting(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_SECRET_KEY")

    with pytest.raises(alto.AltoConfigurationError, match="'X-AWS-Secret-Key' has no value"):
        seed_page.connect(server.port)


def test_a_later_source_property_needs_auto_schema(client: alto.AltoClient) -> None:
    seed_page.configure_bedrock(client)
    demo = client.collections.use("DemoCollection")

    with pytest.raises(alto.AltoInvalidRequestError, match="source_properties names 'title'"):
        demo.config.update(auto_schema=False)
    made = demo.data.insert({"description": "Nothing that is embedded."})

    found: Any = demo.query.fetch_object_by_id(made, include_vector=True)
    assert found.vector == {}
    demo.data.insert({"title": "A title"})
    demo.config.update(auto_schema=False)
    with pytest.raises(alto.AltoInvalidRequestError, match="colour"):
        demo.data.insert({"colour": "red"})
