"""The examples of Weaviate's page on text2vec-aws, as weaviate.md has them, with another import and connection.

Two things differ besides: the collection's name is a variable, so that tests do not meet, and where the page leaves out
"additional parameters" the properties are described, because Alto wants `source_properties` to exist.
"""

# ruff: noqa: ERA001, PT031, T201 (the page's code as it is)

import os
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

import alto
from alto.classes.config import Configure, DataType, Property
from tests.api import Api
from tests.api_server import ApiServer
from tests.builders import FILMS


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[ApiServer]:
    with ApiServer(api) as running:
        yield running


@pytest.fixture
def client(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[alto.AltoClient]:
    """The page's "Provide credentials", with the access keys in headers."""
    monkeypatch.setenv("AWS_ACCESS_KEY", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_KEY", "secret")
    # Recommended: save sensitive data as environment variables
    aws_access_key = os.getenv("AWS_ACCESS_KEY", "")
    aws_secret_key = os.getenv("AWS_SECRET_KEY", "")

    client = alto.connect_to_local(
        port=server.port,
        headers={
            "X-AWS-Access-Key": aws_access_key,
            "X-AWS-Secret-Key": aws_secret_key,
        },
    )
    yield client
    client.close()


@pytest.fixture
def name(client: alto.AltoClient) -> Iterator[str]:
    """Another one for each test: functions remember a collection for a few seconds."""
    name = f"DemoCollection{uuid4().hex[:8]}"
    yield name
    client.collections.delete(name)


# Where the page says "Additional parameters not shown".
FURTHER: Any = {
    "properties": [
        Property(name="title", data_type=DataType.TEXT),
        Property(name="description", data_type=DataType.TEXT),
    ]
}


def create_with_bedrock(client: alto.AltoClient, name: str) -> None:
    client.collections.create(
        name,
        vector_config=[
            Configure.Vectors.text2vec_aws(
                name="title_vector",
                region="us-east-1",
                source_properties=["title"],
                service="bedrock",
                model="amazon.titan-embed-text-v2:0",
            )
        ],
        **FURTHER,
    )


def create_with_sagemaker(client: alto.AltoClient, name: str) -> None:
    client.collections.create(
        name,
        vector_config=[
            Configure.Vectors.text2vec_aws(
                name="title_vector",
                region="us-east-1",
                source_properties=["title"],
                service="sagemaker",
                endpoint="tei-custom",
            )
        ],
        **FURTHER,
    )


def create_with_all_parameters(client: alto.AltoClient, name: str) -> None:
    client.collections.create(
        name,
        vector_config=[
            Configure.Vectors.text2vec_aws_bedrock(
                name="title_vector",
                region="us-east-1",
                source_properties=["title"],
                model="amazon.titan-embed-text-v2:0",
                vectorize_collection_name=True,
                dimensions=512,
            )
        ],
        **FURTHER,
    )


def import_films(client: alto.AltoClient, name: str) -> None:
    source_objects = FILMS

    collection = client.collections.use(name)

    with collection.batch.fixed_size(batch_size=200) as batch:
        for src_obj in source_objects:
            # The model provider integration will automatically vectorize the object
            batch.add_object(
                properties={
                    "title": src_obj["title"],
                    "description": src_obj["description"],
                },
                # vector=vector  # Optionally provide a pre-obtained vector
            )
            if batch.number_errors > 10:
                print("Batch import stopped due to excessive errors.")
                break

    failed_objects = collection.batch.failed_objects
    if failed_objects:
        print(f"Number of failed imports: {len(failed_objects)}")
        print(f"First failed object: {failed_objects[0]}")


def near_text(client: alto.AltoClient, name: str) -> list[Any]:
    collection = client.collections.use(name)

    response = collection.query.near_text(
        query="A holiday film",  # The model provider integration will automatically vectorize the query
        limit=2,
    )

    return [obj.properties["title"] for obj in response.objects]


def hybrid(client: alto.AltoClient, name: str) -> list[Any]:
    collection = client.collections.use(name)

    response = collection.query.hybrid(
        query="A holiday film",  # The model provider integration will automatically vectorize the query
        limit=2,
    )

    return [obj.properties["title"] for obj in response.objects]


@pytest.mark.parametrize("create", [create_with_bedrock, create_with_sagemaker, create_with_all_parameters])
def test_the_pages_examples_run_from_the_collection_to_the_answers(
    client: alto.AltoClient, name: str, create: Callable[[alto.AltoClient, str], None]
) -> None:
    assert client.is_ready()
    create(client, name)
    import_films(client, name)

    films = client.collections.use(name)

    assert films.batch.failed_objects == []
    assert "A Christmas Carol" in near_text(client, name)
    assert "A Christmas Carol" in hybrid(client, name)
    [config] = films.config.get().vector_config.values()
    assert config["source_properties"] == ["title"]
    assert config["vectorize_collection_name"] is True


def test_credentials_that_are_no_set_are_an_error_of_every_object_and_a_warning(
    server: ApiServer, client: alto.AltoClient, name: str
) -> None:
    create_with_bedrock(client, name)
    half = {"X-AWS-Access-Key": "AKIDEXAMPLE"}
    with alto.connect_to_local(port=server.port, headers=half) as other:
        collection = other.collections.use(name)

        with (
            pytest.warns(alto.BatchFailureWarning, match="5 of 5 objects were not stored.*X-AWS-Secret-Key is missing"),
            collection.batch.fixed_size(batch_size=2) as batch,
        ):
            for film in FILMS:
                batch.add_object(properties={"title": film["title"]})

    assert [error.code for error in collection.batch.failed_objects] == ["incomplete_credentials"] * 5
