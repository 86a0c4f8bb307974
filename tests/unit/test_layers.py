"""The arrows of the design, walked through the imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENDORS = {"boto3", "botocore", "opensearchpy", "os"}

# Files that do the talking. Everything else in lambdas/ is handed its clients, or is pure.
BORDERS = {
    "lambdas/wiring/query.py": {"os"},
    "lambdas/wiring/write.py": {"botocore", "os"},
    "lambdas/wiring/split.py": {"os"},
    "lambdas/wiring/load.py": {"os"},
    "lambdas/wiring/session.py": {"boto3"},
    "lambdas/wiring/aws.py": {"botocore"},
    "lambdas/wiring/opensearch.py": {"opensearchpy"},
    "lambdas/opensearch.py": {"opensearchpy"},
    "lambdas/aws/credentials.py": {"botocore"},
    "lambdas/aws/http.py": {"botocore"},
    "lambdas/aws/roles.py": {"botocore"},
    "lambdas/aws/services.py": {"botocore"},
    "lambdas/observability.py": {"os"},
}
# What a domain package may import from its neighbours, besides itself.
NEIGHBOURS = {
    "collections": {"embedding", "opensearch"},
    "objects": {"collections", "embedding", "opensearch"},
    "search": {"collections", "embedding", "objects", "opensearch", "reranking", "settings"},
    "selection": {"collections", "objects", "opensearch", "search", "settings"},
    "aggregate": {"collections", "embedding", "opensearch", "search", "settings"},
    "jobs": {"collections", "embedding", "imports", "records"},
    "records": {"collections", "embedding", "jobs", "objects"},
    "imports": {"collections", "embedding", "jobs", "objects", "observability", "records", "settings"},
    "batch_inference": {"collections", "embedding", "imports", "jobs", "objects", "records"},
    "embedding": set(),
    "reranking": {"embedding"},
}
COMMON = {"backoff", "dates", "errors", "models", "deadline", "response_size", "validation", "aws"}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, in full."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", sources("lambdas"), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_borders_touch_vendor_libraries(path: Path) -> None:
    allowed = BORDERS.get(str(path.relative_to(ROOT)), set())

    used = {name.partition(".")[0] for name in imports(path)} & VENDORS

    assert used <= allowed


@pytest.mark.parametrize("package", sorted(NEIGHBOURS))
def test_domain_packages_import_only_their_neighbours(package: str) -> None:
    allowed = NEIGHBOURS[package] | COMMON | {package}

    for path in sources(f"lambdas/{package}"):
        used = {name.split(".")[1] for name in imports(path) if name.startswith("lambdas.")}
        assert used <= allowed, path


def test_only_handlers_import_wiring() -> None:
    for path in sources("lambdas"):
        if any(name.startswith("lambdas.wiring") for name in imports(path)):
            assert path.parent.name in {"handlers", "wiring"}, path


def test_the_product_does_not_know_its_infrastructure_or_its_local_stack() -> None:
    for path in sources("lambdas"):
        assert not {name.partition(".")[0] for name in imports(path)} & {"infra", "local", "tests"}, path


def test_the_local_stack_imports_nothing_of_the_product() -> None:
    for path in sources("local"):
        assert not any(name.startswith("lambdas") for name in imports(path)), path


def test_the_client_imports_nothing_of_the_server() -> None:
    for path in sources("alto"):
        own = {"lambdas", "infra", "local", "tests", "benchmarks"}
        assert not {name.partition(".")[0] for name in imports(path)} & own, path
