"""The arrows of the design, walked through the imports. Exact: what is allowed and not used fails as well.

After a change that is right, copy the new set from the failure's message into the table.
"""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# The libraries that talk to the world outside, or read its files; `os` because settings come from the environment.
VENDORS = {"boto3", "botocore", "opensearchpy", "os", "pyarrow", "requests", "httpx", "urllib3"}

# The files that use them. Everything else in lambdas/ is handed its clients, or is pure.
BORDERS = {
    "lambdas/aws/credentials.py": {"botocore"},
    "lambdas/aws/http.py": {"botocore", "urllib3"},
    "lambdas/aws/roles.py": {"botocore"},
    "lambdas/aws/services.py": {"botocore"},
    # Two translate the errors of a broken connection.
    "lambdas/embedding/aws_caller.py": {"urllib3"},
    "lambdas/embedding/vendor_errors.py": {"urllib3"},
    # Converts values to DynamoDB's types and back, without a client.
    "lambdas/jobs/dynamodb_items.py": {"boto3"},
    "lambdas/observability.py": {"os"},
    "lambdas/opensearch.py": {"opensearchpy", "urllib3"},
    "lambdas/records/parquet_rows.py": {"pyarrow"},
    "lambdas/records/parquet_values.py": {"pyarrow"},
    "lambdas/wiring/aws.py": {"botocore"},
    "lambdas/wiring/extract.py": {"os"},
    "lambdas/wiring/load.py": {"os"},
    "lambdas/wiring/opensearch.py": {"opensearchpy", "urllib3"},
    "lambdas/wiring/query.py": {"os"},
    "lambdas/wiring/rights.py": {"os"},
    "lambdas/wiring/session.py": {"boto3"},
    "lambdas/wiring/split.py": {"os"},
    "lambdas/wiring/write.py": {"botocore", "os"},
}
# What a package imports from its neighbours, besides itself and `COMMON`.
NEIGHBOURS = {
    "aggregate": {"collections", "objects", "opensearch", "search", "settings"},
    "aws": set(),
    "batch_inference": {"collections", "embedding", "imports", "jobs", "objects", "records"},
    "collections": {"documents", "embedding", "generation", "opensearch"},
    "document_imports": {"collections", "documents", "imports", "jobs", "objects", "opensearch", "records"},
    "documents": set(),
    "embedding": set(),
    "generation": {"embedding"},
    "generative_search": {"collections", "generation", "search", "settings"},
    "imports": {"collections", "documents", "jobs", "objects", "records"},
    "jobs": {"documents"},
    "migrating": {"batch_inference", "collections", "embedding", "imports", "jobs", "objects", "opensearch", "records"},
    "objects": {"collections", "embedding", "opensearch"},
    "records": {"jobs", "objects"},
    "search": {"collections", "embedding", "objects", "opensearch", "settings"},
    "selection": {"collections", "objects", "opensearch", "search", "settings"},
}
COMMON = {"aws", "backoff", "dates", "deadline", "errors", "json_text", "models", "response_size", "validation"}
# The sub-packages of large packages, and what each imports from the others.
ROOMS = {
    "lambdas/embedding": {"rate": set()},
    "lambdas/handlers": {"routes": set()},
    "lambdas/imports": {"files": set(), "loading": {"files"}, "splitting": {"files"}},
    "lambdas/search": {
        "clauses": set(),
        "reranking": {"results"},
        "results": {"clauses", "vectors"},
        "vectors": set(),
    },
    "alto/cli": {
        "collections": {"terminal"},
        "evaluation": {"search", "terminal"},
        "imports": {"terminal"},
        "migrating": {"collections", "imports", "terminal"},
        "search": {"terminal"},
        "terminal": set(),
    },
    "infra": {
        "bundle": {"settings"},
        "constructs": {"settings"},
        "deployment": {"constructs", "settings"},
        "monitoring": {"constructs", "settings"},
        "settings": set(),
    },
}
# The circles of imports that are left, by package. None may be added.
CIRCLES: dict[str, set[frozenset[str]]] = {
    "lambdas": set(),
    "infra": set(),
    "alto": set(),
    "local": set(),
    "conformance": set(),
}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, in full, also where only type checkers see it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def module_graph(package: str) -> dict[str, set[str]]:
    """Each module's imports of the same package. A name of a module's `__init__` counts as that module."""
    modules = {module_of(path): path for path in sources(package)}
    graph: dict[str, set[str]] = {}
    for module, path in modules.items():
        names = imports(path) & modules.keys()
        # `from a.b import c`, where c is a module, needs a.b only to find c.
        graph[module] = {name for name in names if not any(other.startswith(f"{name}.") for other in names)} - {module}
    return graph


def circles(graph: dict[str, set[str]]) -> set[frozenset[str]]:
    """The circles of a graph, one after the other, each taken out before the next is looked for."""
    graph = {name: set(needs) for name, needs in graph.items()}
    found: set[frozenset[str]] = set()
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            # Each is followed by what it is needed by, and the last is the first.
            circle = error.args[1]
            found.add(frozenset(circle))
            graph[circle[1]].discard(circle[0])
            continue
        return found


def vendors_used() -> dict[str, set[str]]:
    used = {
        path.relative_to(ROOT).as_posix(): {name.partition(".")[0] for name in imports(path)} & VENDORS
        for path in sources("lambdas")
    }
    return {path: vendors for path, vendors in used.items() if vendors}


def neighbours_of(package: str) -> set[str]:
    found = {
        name.split(".")[1] for path in sources(f"lambdas/{package}") for name in imports(path) if "lambdas." in name
    }
    return found - COMMON - {package}


def test_exactly_the_borders_use_vendor_libraries() -> None:
    assert vendors_used() == BORDERS


@pytest.mark.parametrize("package", sorted(NEIGHBOURS))
def test_a_package_imports_exactly_its_neighbours(package: str) -> None:
    assert neighbours_of(package) == NEIGHBOURS[package]


@pytest.mark.parametrize("package", ROOMS)
def test_a_room_imports_exactly_its_neighbours(package: str) -> None:
    prefix = package.replace("/", ".") + "."
    rooms = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    found = {
        room: {
            name.removeprefix(prefix).split(".")[0]
            for path in sources(f"{package}/{room}")
            for name in imports(path)
            if name.startswith(prefix)
        }
        & rooms - {room}
        for room in rooms
    }

    assert found == ROOMS[package]
    assert circles(found) == set()


def test_every_package_has_a_row_of_neighbours() -> None:
    packages = {path.parent.name for path in (ROOT / "lambdas").glob("*/__init__.py")}

    # These two are the outside of the house: they may import every package.
    assert packages - {"handlers", "wiring"} == NEIGHBOURS.keys()


def test_no_circle_of_packages() -> None:
    assert circles({package: needs & NEIGHBOURS.keys() for package, needs in NEIGHBOURS.items()}) == set()


@pytest.mark.parametrize("package", CIRCLES)
def test_no_circle_of_modules(package: str) -> None:
    assert circles(module_graph(package)) == CIRCLES[package]


def test_a_circle_is_found() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set()}

    assert circles(graph) == {frozenset("abc")}


def test_only_handlers_import_wiring() -> None:
    for path in sources("lambdas"):
        if any(name.startswith("lambdas.wiring") for name in imports(path)):
            assert path.relative_to(ROOT / "lambdas").parts[0] in {"handlers", "wiring"}, path


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
