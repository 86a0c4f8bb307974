"""The package: generated files, what it imports, and how a user's program type-checks."""

import subprocess
import sys
from pathlib import Path

import alto
from alto.generate_sync import generated

ROOT = Path(__file__).parents[2]


def test_the_synchronous_client_is_what_the_asynchronous_one_says() -> None:
    stale = [path.name for path, text in generated().items() if path.read_text() != text]

    assert stale == [], "run `python -m alto.generate_sync`"


def test_every_name_that_is_offered_is_there() -> None:
    assert all(hasattr(alto, name) for name in alto.__all__)


def test_importing_alto_does_not_import_what_only_signing_needs() -> None:
    code = "import sys, alto; print(sorted({'botocore', 'boto3', 'pydantic', 'lambdas'} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "[]"


USER_SCRIPT = """
import alto
from alto.classes.config import Configure, DataType, Property
from alto.classes.query import Filter, HybridFusion, MetadataQuery

client: alto.AltoClient = alto.connect_to_aws("https://a.execute-api.eu-west-1.amazonaws.com")
with client:
    films = client.collections.create(
        "Film",
        properties=[Property(name="title", data_type=DataType.TEXT)],
        vector_config=[Configure.Vectors.text2vec_aws_bedrock(region="eu-west-1", model="cohere.embed-v4:0")],
    )
    with films.batch.fixed_size(batch_size=200) as batch:
        batch.add_object(properties={"title": "A"}, vector=[0.1, 0.2])
        stop: bool = batch.number_errors > 10
    reasons: list[str] = [error.message for error in films.batch.failed_objects]
    response = films.query.hybrid(
        query="A holiday film",
        alpha=0.5,
        fusion_type=HybridFusion.RANKED,
        filters=Filter.by_property("year").greater_than(1990) & ~Filter.by_property("title").equal("B"),
        return_metadata=MetadataQuery(score=True),
        limit=2,
    )
    for found in response.objects:
        score: float | None = found.metadata.score
        title: object = found.properties["title"]


async def main() -> int:
    async with alto.use_async_with_local() as asynchronous:
        near = await asynchronous.collections.use("Film").query.near_text("A holiday film", limit=2)
        return len(near.objects)
"""


def test_a_users_program_passes_mypy_strict(tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(USER_SCRIPT)

    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path}", str(script)],
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
