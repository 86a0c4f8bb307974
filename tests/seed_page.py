"""The examples of Weaviate's page "Text Embeddings" of the AWS integration, as functions.

What differs from the page: `alto` where it says `weaviate`, and the port of the line that connects. The films have the
page's titles.
"""

# ruff: noqa: ERA001, RET504, T201 (the page's code as it is)

import os
from typing import Any

import alto
from alto.classes.config import Configure
from tests.builders import FILMS as source_objects  # noqa: N811 (the page's name)


def connect(port: int) -> alto.AltoClient:
    """Provide credentials: the access keys in headers."""
    # Recommended: save sensitive data as environment variables
    aws_access_key = os.getenv("AWS_ACCESS_KEY")
    aws_secret_key = os.getenv("AWS_SECRET_KEY")

    client = alto.connect_to_local(
        port=port,
        headers={
            "X-AWS-Access-Key": aws_access_key,
            "X-AWS-Secret-Key": aws_secret_key,
        },
    )
    return client


def configure_bedrock(client: alto.AltoClient) -> None:
    """Configure the vectorizer: Bedrock."""
    client.collections.create(
        "DemoCollection",
        vector_config=[
            Configure.Vectors.text2vec_aws(
                name="title_vector",
                region="us-east-1",
                source_properties=["title"],
                service="bedrock",
                model="amazon.titan-embed-text-v2:0",
            )
        ],
    )


def configure_sagemaker(client: alto.AltoClient) -> None:
    """Configure the vectorizer: SageMaker."""
    client.collections.create(
        "DemoCollection",
        vector_config=[
            Configure.Vectors.text2vec_aws(
                name="title_vector",
                region="us-east-1",
                source_properties=["title"],
                service="sagemaker",
                endpoint="tei-custom",
            )
        ],
    )


def configure_all_parameters(client: alto.AltoClient) -> None:
    """Vectorizer parameters."""
    client.collections.create(
        "DemoCollection",
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
    )


def import_data(client: alto.AltoClient) -> None:
    """Data import."""
    collection = client.collections.use("DemoCollection")

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


def near_text(client: alto.AltoClient) -> list[Any]:
    """Vector (near text) search."""
    collection = client.collections.use("DemoCollection")

    response = collection.query.near_text(
        query="A holiday film",  # The model provider integration will automatically vectorize the query
        limit=2,
    )

    for obj in response.objects:
        print(obj.properties["title"])
    return [obj.properties["title"] for obj in response.objects]


def hybrid(client: alto.AltoClient) -> list[Any]:
    """Hybrid search."""
    collection = client.collections.use("DemoCollection")

    response = collection.query.hybrid(
        query="A holiday film",  # The model provider integration will automatically vectorize the query
        limit=2,
    )

    for obj in response.objects:
        print(obj.properties["title"])
    return [obj.properties["title"] for obj in response.objects]
