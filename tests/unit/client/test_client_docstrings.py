"""Editors and `help()` describe each parameter of the client's public methods."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ALTO = Path(__file__).parents[3] / "alto"
FILES = [
    *(ALTO / "aio" / f"{name}.py" for name in ("aggregate", "client", "collection", "collections", "config", "data")),
    *(ALTO / "aio" / f"{name}.py" for name in ("fetch", "generate", "imports", "query")),
    *(ALTO / "classes" / f"{name}.py" for name in ("aggregate", "filters", "generative", "generative_tasks", "query")),
    *(ALTO / "classes" / f"{name}.py" for name in ("ranking", "rerankers", "search", "sorting", "targets", "vectors")),
    *(ALTO / "classes" / f"{name}.py" for name in ("vector_index",)),
    ALTO / "connect.py",
    ALTO / "util.py",
]
# Called by the client itself.
INNER = frozenset({"to_api", "to_json", "to_nested_api"})


def functions(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    tree = ast.parse(path.read_text())
    bodies = [("", tree.body)] if path.parent == ALTO else []
    bodies += [(f"{node.name}.", node.body) for node in tree.body if isinstance(node, ast.ClassDef)]
    for owner, body in bodies:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not owner.startswith("_"):
                is_overload = any(ast.unparse(each) == "overload" for each in node.decorator_list)
                if not node.name.startswith("_") and not is_overload and node.name not in INNER:
                    yield owner + node.name, node


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_parameter_is_described(path: Path) -> None:
    lacking = {}
    for name, function in functions(path):
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        wanted = [each.arg for each in every if each.arg not in {"self", "cls"}]
        described = ast.get_docstring(function) or ""
        if missing := [each for each in wanted if not re.search(rf"(?m)^ +{each}:", described)]:
            lacking[name] = missing

    assert lacking == {}
