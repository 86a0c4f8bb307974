"""The contents of a function's bundle: the modules its handler reaches, and the used parts of its dependencies."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path

# The import root; the bundle keeps it, so that an import reads the same everywhere.
PACKAGE = "lambdas"

# botocore describes over 400 services in 25 MB. These are those whose clients a function makes. Models and OpenSearch
# are called without a client: `lambdas/aws` signs for them by botocore's code, which needs no description.
SERVICES = {
    "query": ("sts",),
    "write": ("dynamodb", "events", "s3", "sqs", "sts"),
    "split": ("dynamodb", "events", "s3", "sqs"),
    "extract": ("s3", "sqs"),
    "load": ("bedrock", "dynamodb", "events", "s3", "sqs", "sts"),
}

# Files outside the package that a function serves or reads, where they exist.
FILES = {"query": ("docs/openapi.json",)}

# What no function reads: scripts, tests, type stubs, examples, and the interface that Powertools can serve (1.7 MB).
UNUSED = (
    ".lock",
    "bin",
    "**/tests",
    "**/*.pyi",
    "**/examples-1.json",
    # boto3's resources, which Alto does not use: clients are described by botocore.
    "boto3/data",
    "boto3/examples",
    # Of pyarrow (some 150 MB), what neither reads Parquet nor is linked by what does.
    "pyarrow/include",
    "pyarrow/src",
    "pyarrow/libarrow_flight.so*",
    "pyarrow/libarrow_python_flight.so*",
    "pyarrow/libarrow_s3.so*",
    "pyarrow/_s3fs*.so",
    "pyarrow/_flight*.so",
    "pyarrow/**/*.pyx",
    "pyarrow/**/*.pxd",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.js",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui/*.css",
)

# Libraries ask for their own version there; the rest of a .dist-info is for installers.
KEPT_OF_DIST_INFO = "METADATA"


def source_files(project: Path, function: str) -> list[Path]:
    """The function's own files, relative to the project: all that its handler imports, and the data next to it.

    Raises ModuleNotFoundError when the handler or something that it imports does not exist.
    """
    reached: set[Path] = set()
    waiting = _files_of(f"{PACKAGE}.handlers.{function}", project)
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += _imported_files(path, project)
    packages = {path.parent for path in reached}
    data = {file for folder in packages for file in folder.iterdir() if file.is_file() and file.suffix != ".py"}
    extra = {project / name for name in FILES.get(function, ()) if (project / name).is_file()}
    return sorted(path.relative_to(project) for path in reached | data | extra)


def trim(target: Path, function: str) -> None:
    """Remove from installed dependencies what the function does not use."""
    for pattern in UNUSED:
        for path in list(target.glob(pattern)):
            _remove(path)
    for path in (target / "botocore" / "data").glob("*/"):
        if path.name not in SERVICES[function]:
            _remove(path)
    for path in target.glob("*.dist-info/*"):
        if path.name != KEPT_OF_DIST_INFO:
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _imported_files(path: Path, project: Path) -> Iterator[Path]:
    """The files below `PACKAGE` that a file's imports run."""
    package = path.relative_to(project).parent.parts
    for node in _run_at_run_time(ast.parse(path.read_bytes())):
        modules: list[str] = []
        names: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package[: len(package) - node.level + 1] if node.level else ()
            modules = [".".join([*parents, *([node.module] if node.module else [])])]
            # What is imported from a package may be a module of it, or something that its __init__ defines.
            names = [f"{modules[0]}.{alias.name}" for alias in node.names]
        for name in (*modules, *names):
            try:
                yield from _files_of(name, project)
            except ModuleNotFoundError as error:
                if name in modules:
                    raise ModuleNotFoundError(f"{error}, imported by {path.relative_to(project)}") from None


def _run_at_run_time(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only type checkers see."""
    for node in ast.iter_child_nodes(tree):
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        yield from _run_at_run_time(node)


def _files_of(name: str, project: Path) -> list[Path]:
    """The files that importing a module runs: each package's `__init__.py` on the way, and the module itself."""
    parts = name.split(".")
    if parts[0] != PACKAGE:
        return []
    files = []
    for count in range(1, len(parts) + 1):
        path = project.joinpath(*parts[:count])
        candidates = [path / "__init__.py", path.with_suffix(".py")]
        found = [candidate for candidate in candidates if candidate.is_file()]
        if not found and not path.is_dir():
            raise ModuleNotFoundError(f"{name} does not exist")
        files += found
    return files
