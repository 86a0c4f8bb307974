"""`python -m infra.smoke --stage dev`: tests a deployed stage through the Python client, as a user would.

It creates a collection with its own vectors, so that it invokes no model, and deletes it at the end.
"""

import json
import os
import sys
from argparse import ArgumentParser
from uuid import uuid4

import alto
from alto.classes.config import Configure, DataType, Property
from infra.cdk import outputs_file

TOKEN = "ALTO_TOKEN"  # noqa: S105 - the name of a variable
WORDS = {"apple": [1.0, 0.0, 0.0], "pear": [0.9, 0.1, 0.0], "hammer": [0.0, 0.0, 1.0]}


class SmokeTestError(Exception):
    """Alto is deployed and does not work. Names the failed step."""


def smoke_test(client: alto.AltoClient) -> list[str]:
    """Check readiness, writing and both ways of searching; returns the steps.

    Raises `SmokeTestError` for a wrong response, and the client's errors for a missing one. The collection is deleted
    in any case.
    """
    if not client.is_ready():
        raise SmokeTestError("OpenSearch is not ready: see the log of the query function")
    name = f"Smoke{uuid4().hex[:12]}"
    fruits = client.collections.create(
        name,
        properties=[Property(name="word", data_type=DataType.TEXT)],
        vector_config=Configure.Vectors.self_provided(dimensions=3),
    )
    try:
        with fruits.batch.fixed_size(batch_size=10) as batch:
            for word, vector in WORDS.items():
                batch.add_object(properties={"word": word}, vector=vector)
        found = [each.properties["word"] for each in fruits.query.near_vector([1.0, 0.0, 0.0], limit=2).objects]
        _expect(found == ["apple", "pear"], "vectors are found", f"apple and pear were expected, not {found}")
        found = [each.properties["word"] for each in fruits.query.bm25("hammer").objects]
        _expect(found == ["hammer"], "words are found", f"hammer was expected, not {found}")
    finally:
        client.collections.delete(name)
    _expect(not client.collections.exists(name), "a deleted collection is gone", f"{name} is still there")
    return ["ready", "created", "written", "searched by vector", "searched by words", "deleted"]


def connect(url: str) -> alto.AltoClient:
    """A client that signs, or one that sends the token of `ALTO_TOKEN` if that is set."""
    token = os.environ.get(TOKEN)
    if token:
        return alto.connect_to_custom(url, headers={"Authorization": f"Bearer {token}"})
    return alto.connect_to_aws(url, region=os.environ.get("AWS_REGION"))


def _expect(right: object, what: str, otherwise: str) -> None:
    if not right:
        raise SmokeTestError(f"{what}: {otherwise}")


def main() -> None:
    """Test the stage whose outputs the last deployment left."""
    parser = ArgumentParser(prog="python -m infra.smoke", description=__doc__)
    parser.add_argument("--stage", default="dev")
    stage = parser.parse_args().stage
    try:
        [outputs] = json.loads(outputs_file(stage).read_text()).values()
        with connect(outputs["ApiUrl"]) as client:
            print(f"==> smoke test: {', '.join(smoke_test(client))}")  # noqa: T201
    except FileNotFoundError:
        sys.exit(f"{outputs_file(stage)} is missing: deploy the stage first, by `make deploy STAGE={stage}`.")
    except (SmokeTestError, alto.AltoError) as error:
        sys.exit(
            f"Stage {stage} is deployed, and its smoke test failed. {error}\n"
            f"docs/deploy.md lists what to check. With 'auth' jwt, {TOKEN} has to hold a token."
        )


if __name__ == "__main__":
    main()
