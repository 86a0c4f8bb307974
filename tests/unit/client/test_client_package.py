"""The package: generated files, what it imports, and how a user's program type-checks."""

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import alto
from alto.generate_sync import generated

ROOT = Path(__file__).parents[3]


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
import os
from typing import TypedDict
from uuid import UUID

import alto
from alto.classes.aggregate import AggregateInteger, GroupByAggregate, Metrics
from alto.classes.config import Configure, DataType, Property
from alto.classes.data import DataObject
from alto.classes.imports import ErrorRecord, ImportJob, ImportOptions
from alto.classes.init import AdditionalConfig, Timeout
from alto.classes.query import (
    Boost,
    Diversity,
    Filter,
    GroupBy,
    HybridFusion,
    HybridVector,
    MetadataQuery,
    Move,
    Rerank,
    Sort,
    TargetVectors,
)
from alto.classes.search import Search
from alto.collections import Collection

client: alto.AltoClient = alto.connect_to_aws(
    "https://a.execute-api.eu-west-1.amazonaws.com",
    headers={"X-AWS-Access-Key": os.getenv("AWS_ACCESS_KEY"), "X-AWS-Secret-Key": os.getenv("AWS_SECRET_KEY")},
    additional_config=AdditionalConfig(timeout=Timeout(init=2, query=30, insert=90)),
)
with client:
    films = client.collections.create(
        "Film",
        properties=[Property(name="title", data_type=DataType.TEXT)],
        vector_config=[
            Configure.Vectors.text2vec_aws_bedrock(name="a", region="eu-west-1", model="cohere.embed-v4:0"),
            Configure.Vectors.self_provided(name="b", dimensions=3),
        ],
    )
    with films.batch.fixed_size(batch_size=200) as batch:
        batch.add_object(properties={"title": "A"}, vector=[0.1, 0.2])
        stop: bool = batch.number_errors > 10
    with client.batch.dynamic() as several:
        made: UUID = several.add_object(collection="Film", properties={"title": "A"})
    films.data.insert_many([DataObject({"title": "B"}, vector={"b": [1, 2, 3]}), {"title": "C"}])
    reasons: list[str] = [error.message for error in films.batch.failed_objects]
    response = films.query.hybrid(
        query="A holiday film",
        alpha=0.5,
        vector=HybridVector.near_text("A holiday film", move_to=Move(force=0.5, concepts="winter")),
        fusion_type=HybridFusion.RANKED,
        filters=Filter.by_property("year").greater_than(1990) & ~Filter.by_property("title").equal("B"),
        target_vector=TargetVectors.manual_weights({"a": 1, "b": 0.5}),
        return_metadata=MetadataQuery(score=True),
        limit=2,
    )
    for found in response.objects:
        score: float | None = found.metadata.score
        title: object = found.properties["title"]
    grouped = films.query.near_text(
        ["A", "B"],
        rerank=Rerank(prop="title", model="cohere.rerank-v3-5:0"),
        boost=Boost.blend([Boost.numeric_decay("year", origin=2026, scale=5, curve=Boost.Curve.LINEAR)], weight=0.2),
        group_by=GroupBy(prop="year", objects_per_group=2, number_of_groups=3),
    )
    names: list[str | None] = [each.belongs_to_group for each in grouped.objects]
    counts: dict[str, int] = {name: group.number_of_objects for name, group in grouped.groups.items()}
    diverse = Search.hybrid("a", limit=100, diversity_selection=Diversity.mmr(limit=5, balance=0.5))
    for reply in films.query.multi([diverse, Search.bm25("b")]):
        number: int = 0 if isinstance(reply, alto.AltoError) else reply.total
    listed = films.query.fetch_objects(sort=Sort.by_property("year").by_id(), limit=len(films))
    one = films.query.fetch_object_by_id(made)
    year = one.properties.get("year") if one else None
    total: int | None = films.aggregate.over_all(return_metrics=Metrics("year").integer(mean=True)).total_count
    for group in films.aggregate.near_text("a", object_limit=5, group_by=GroupByAggregate(prop="year")).groups:
        about = group.properties["year"]
        mean: float | None = about.mean if isinstance(about, AggregateInteger) else None
    job: ImportJob = client.imports.from_file("films.csv", collection="Film", options=ImportOptions(delimiter=";"))
    job = client.imports.wait(job, progress=lambda each: print(each.read))
    failed: list[ErrorRecord] = list(client.imports.errors(job))


async def main() -> int:
    async with alto.use_async_with_local() as asynchronous:
        collection = asynchronous.collections.use("Film")
        near = await collection.query.near_text("A holiday film", limit=2)
        objects = [each async for each in collection.iterator()]
        return len(near.objects) + len(objects) + await collection.length()


class Question(TypedDict):
    points: int
    title: str


typed: Collection[Question, None] = client.collections.use("Question", Question)
points: int = typed.query.fetch_objects(return_properties=Question).objects[0].properties["points"]
titles: list[str] = [each.properties["title"] for each in typed.query.near_text("a")]
typed.data.with_data_model(Question).insert({"points": 1, "title": "a"})
for question in typed.iterator():
    points = question.properties["points"]
plain: Collection = client.collections.use("Film")
anything: int = plain.query.bm25("a").objects[0].properties["year"]
# Both lines after a use of what Alto lacks are checked: the error is expected.
client.backup.create("a")
wrong: int = "a"  # type: ignore[assignment]
missing = typed.query.bm25("a").objects[0].properties["misspelt"]  # type: ignore[typeddict-item]
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


def imports_of(path: Path) -> set[str]:
    """The modules of alto that a file imports, those for type checkers included."""
    tree = ast.parse(path.read_text())
    found = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    found |= {
        f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    return {name for name in found if name.startswith("alto.")}


def test_no_package_of_the_client_is_in_a_circle_of_imports() -> None:
    # A package counts as one node, a module at the top as another; `alto` itself only names what is below it.
    below: dict[str, set[str]] = {}
    for path in (ROOT / "alto").rglob("*.py"):
        parts = path.relative_to(ROOT / "alto").with_suffix("").parts
        if parts != ("__init__",):
            node = parts[0]
            below.setdefault(node, set()).update(name.split(".")[1] for name in imports_of(path))
    graph = {node: (found & set(below)) - {node} for node, found in below.items()}

    list(TopologicalSorter(graph).static_order())

    assert graph["classes"] <= {
        "compatibility",
        "errors",
        "unsupported",
        "values",
        "settings",
        "retries",
        "requests",
        "weaviate_names",
    }


def test_the_port_of_a_local_alto_is_written_once() -> None:
    written = [
        path.name for path in (ROOT / "alto").rglob("*.py") if re.search(r"(?m)^[A-Z_]+ *=.*\b8700\b", path.read_text())
    ]

    assert written == ["settings.py"]
