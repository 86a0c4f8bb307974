"""The pages of the Python client, from its signatures and docstrings."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from textwrap import dedent
from typing import Any

WIDTH = 88
# Pages by file name: a title, an introduction, and what is on it, as `module:name`.
PAGES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "connect.md": (
        "Connecting",
        "`import alto`. The client for `async with` has the same methods; each is awaited.",
        (
            "alto.connect:connect_to_local",
            "alto.connect:connect_to_aws",
            "alto.connect:connect_to_custom",
            "alto.connect:use_async_with_local",
            "alto.connect:use_async_with_aws",
            "alto.connect:use_async_with_custom",
            "alto.sync.client:AltoClient",
            "alto.classes.init:AdditionalConfig",
            "alto.classes.init:Timeout",
        ),
    ),
    "collections.md": (
        "Collections",
        "`client.collections`, `client.alias`, and a collection's `config` and `migration`.",
        (
            "alto.sync.collections:Collections",
            "alto.sync.collection:Collection",
            "alto.sync.config:Config",
            "alto.sync.migration:Migration",
            "alto.sync.alias:Aliases",
            "alto.classes.config:Property",
            "alto.classes.config:Configure.Vectors",
            "alto.classes.config:Configure.Generative",
            "alto.classes.config:Configure.Reranker",
            "alto.classes.config:Configure.VectorIndex",
        ),
    ),
    "data.md": (
        "Objects",
        "A collection's `data` and `batch`.",
        (
            "alto.sync.data:Data",
            "alto.sync.batch:Batches",
            "alto.classes.data:DataObject",
            "alto.classes.data:GeoCoordinate",
        ),
    ),
    "query.md": (
        "Searches",
        "A collection's `query`, and the classes of `alto.classes.query`.",
        (
            "alto.sync.query:Query",
            "alto.classes.query:Filter",
            "alto.classes.filters:FilterByProperty",
            "alto.classes.query:MetadataQuery",
            "alto.classes.query:Sort",
            "alto.classes.query:Boost",
            "alto.classes.query:Rerank",
            "alto.classes.query:GroupBy",
            "alto.classes.query:Diversity",
            "alto.classes.query:Move",
            "alto.classes.query:TargetVectors",
            "alto.classes.query:HybridVector",
            "alto.classes.query:BM25Operator",
            "alto.classes.results:QueryReturn",
            "alto.classes.results:Object",
        ),
    ),
    "generate.md": (
        "Generated texts",
        "A collection's `generate`.",
        (
            "alto.sync.generate:Generate",
            "alto.classes.generate:GenerativeConfig",
            "alto.classes.generative_tasks:SinglePrompt",
            "alto.classes.generative_tasks:GroupedTask",
        ),
    ),
    "aggregate.md": (
        "Aggregations",
        "A collection's `aggregate`.",
        ("alto.sync.aggregate:Aggregate", "alto.classes.aggregate:Metrics", "alto.classes.aggregate:GroupByAggregate"),
    ),
    "imports.md": (
        "Imports",
        "`client.imports`.",
        (
            "alto.sync.imports:Imports",
            "alto.classes.imports:ImportOptions",
            "alto.classes.imports:ImportJob",
            "alto.classes.imports:ErrorRecord",
        ),
    ),
    "errors.md": ("Errors", "All are an `alto.AltoError`.", ("alto.errors:*",)),
}


def python_pages() -> dict[str, str]:
    """Return the pages of the Python client by file name."""
    pages = {
        name: "\n\n".join([f"# {title}", introduction, *map(section_of, load_all(names))]) + "\n"
        for name, (title, introduction, names) in PAGES.items()
    }
    rows = [f"| [{title}]({name}) | {introduction} |" for name, (title, introduction, _) in PAGES.items()]
    index = ["# Python API", "The [tutorial](../../client.md) shows how they go together.", "| | |\n|---|---|"]
    return pages | {"index.md": "\n\n".join(index) + "\n" + "\n".join(rows) + "\n"}


def load_all(names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Return named functions and classes; `module:*` are the classes of a module."""
    for each in names:
        module, _, path = each.partition(":")
        found: Any = import_module(module)
        if path == "*":
            yield from ((name, value) for name, value in vars(found).items() if is_own_class(value, module))
            continue
        for part in path.split("."):
            found = getattr(found, part)
        yield path, found


def is_own_class(value: object, module: str) -> bool:
    """Whether a value is a public class of a module."""
    return inspect.isclass(value) and value.__module__ == module and not value.__name__.startswith("_")


def section_of(named: tuple[str, Any]) -> str:
    """Return the section of a function or class."""
    name, value = named
    if not inspect.isclass(value):
        return f"## {name}\n\n{signature_block(name, value)}\n\n{docstring_text(value)}"
    parts = [f"## {name}"]
    if is_dataclass(value):
        parts.append(fields_block(value))
    elif "__init__" in vars(value) and not value.__module__.startswith(("alto.sync", "alto.errors")):
        parts.append(signature_block(name.rpartition(".")[2], value.__init__))
    parts.append(docstring_text(value))
    for method_name, method in methods_of(value):
        parts += [f"### {name}.{method_name}", signature_block(method_name, method), docstring_text(method)]
    return "\n\n".join(filter(None, parts))


def methods_of(owner: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return a class's public methods in the order of the source; not the stubs of what is not supported."""
    seen: set[str] = set()
    for base in owner.__mro__:
        if not base.__module__.startswith("alto."):
            continue
        for name, value in vars(base).items():
            function = getattr(value, "__func__", value)
            if name.startswith("_") or name in seen or not inspect.isfunction(function):
                continue
            seen.add(name)
            if "_" not in inspect.signature(function).parameters:
                yield name, function


def signature_block(name: str, function: Callable[..., Any]) -> str:
    """Return the signature as the source has it, in lines that fit."""
    node = ast.parse(dedent(inspect.getsource(inspect.unwrap(function)))).body[0]
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    parameters = parameters_of(node.args)
    returns = f" -> {ast.unparse(node.returns)}" if node.returns and node.name != "__init__" else ""
    line = f"{name}({', '.join(parameters)}){returns}"
    if len(line) > WIDTH:
        line = f"{name}(\n" + "".join(f"    {each},\n" for each in parameters) + f"){returns}"
    return f"```py\n{line}\n```"


def parameters_of(arguments: ast.arguments) -> list[str]:
    """Return each parameter as text, without `self` and `cls`."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    parts = [parameter(each, default) for each, default in zip(plain, defaults, strict=True)]
    if plain and plain[0].arg in ("self", "cls"):
        del parts[0]
    if arguments.vararg:
        parts.append("*" + parameter(arguments.vararg, None))
    elif arguments.kwonlyargs:
        parts.append("*")
    parts += [
        parameter(each, default) for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        parts.append("**" + parameter(arguments.kwarg, None))
    return parts


def parameter(given: ast.arg, default: ast.expr | None) -> str:
    """Return a parameter with its type and default."""
    text = given.arg + (f": {ast.unparse(given.annotation)}" if given.annotation else "")
    if default is None:
        return text
    return f"{text} = {ast.unparse(default)}" if given.annotation else f"{text}={ast.unparse(default)}"


def fields_block(owner: Any) -> str:
    """Return the fields of a dataclass as a program declares them."""
    annotations: dict[str, Any] = {}
    for base in reversed(owner.__mro__):
        annotations |= source_annotations(base)
    lines = [f"{each.name}: {annotations.get(each.name, 'Any')}" for each in fields(owner) if each.name[0] != "_"]
    return "```py\n" + "\n".join(lines) + "\n```" if lines else ""


def source_annotations(owner: type) -> dict[str, str]:
    """Return the annotations of a class as its source has them."""
    if not owner.__module__.startswith("alto."):
        return {}
    node = ast.parse(dedent(inspect.getsource(owner))).body[0]
    assert isinstance(node, ast.ClassDef)
    return {
        each.target.id: ast.unparse(each.annotation)
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }


def docstring_text(value: Any) -> str:
    """Return a docstring as Markdown: its arguments become a list."""
    own = value.__doc__ if inspect.isclass(value) else inspect.getdoc(value)
    if not own or own.startswith(f"{getattr(value, '__name__', '')}("):
        return ""
    parts = re.split(r"^(Args|Returns|Raises|Yields):\n", inspect.cleandoc(own), flags=re.MULTILINE)
    text = code_blocks(parts[0].strip())
    for title, body in zip(parts[1::2], parts[2::2], strict=True):
        body_lines, _, rest = body.partition("\n\n")
        inner = dedent(body_lines)
        text += f"\n\n**{title}**\n\n{arguments_list(inner) if title in ('Args', 'Raises') else inner}"
        if rest.strip():
            text += f"\n\n{code_blocks(rest.strip())}"
    return text.strip()


def arguments_list(text: str) -> str:
    """Return the arguments of a docstring as a list; lines that go on are joined."""
    joined = re.sub(r"\n\s+", " ", text.strip())
    return "\n".join(re.sub(r"^(\*{0,2}\w+): ", r"- `\1`: ", line) for line in joined.splitlines())


def code_blocks(text: str) -> str:
    """Return a docstring's text with its indented programs fenced."""
    blocks = re.split(r"\n\n(?=    )|(?<=\n)\n(?=\S)|\n\n(?=\S)", text)
    return "\n\n".join(f"```py\n{dedent(each)}\n```" if each.startswith("    ") else each for each in blocks)
