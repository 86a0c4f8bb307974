"""Every public name of weaviate-client and what Alto does with it; `python -m tests.weaviate_names` writes the table.

`tests/unit/client/weaviate_names.json` is from a run over the modules, clients and helper classes of weaviate-client
4.24.1 (`dir`, without names that begin with an underscore), with `weaviate` written as `alto`.
"""

import dataclasses
import json
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import alto
from alto.unsupported import Unsupported

LISTED = Path(__file__).parent / "unit" / "client" / "weaviate_names.json"
NAMES: dict[str, list[str]] = json.loads(LISTED.read_text())["names"]
PAGE = Path(__file__).parents[1] / "docs" / "coming-from-weaviate.md"
BEGIN, END = "<!-- names: begin -->\n", "<!-- names: end -->\n"


def owner_of(path: str) -> Any:
    """The module, class or instance of a path of the list."""
    kind, _, name = path.partition(":")
    if kind == "result":
        return RESULTS[name]
    first, *rest = path.split(".")
    found: Any
    if path == "alto.AltoClient" or first == "client":
        found = _client(alto.AltoClient)
    elif path == "alto.AltoAsyncClient" or first == "async_client":
        found = _client(alto.AltoAsyncClient)
    else:
        return _module_or_class(path)
    for each in rest if first.endswith("client") else []:
        found = found.collections.use("Film") if each == "collection" else getattr(found, each)
    return found


@cache
def _client(kind: Any) -> Any:
    """A client that sends nothing; making one takes a while."""
    return kind("http://localhost:1")


def _module_or_class(path: str) -> Any:
    """A module, or a class in one."""
    module = path
    classes: list[str] = []
    while True:
        try:
            found: Any = import_module(module)
        except ModuleNotFoundError:
            module, _, last = module.rpartition(".")
            classes.insert(0, last)
        else:
            break
    for each in classes:
        found = found if isinstance(found, Unsupported) else getattr(found, each)
    return found


def is_supported(owner: Any, name: str) -> bool:
    """Whether the name can be used, rather than refused. Raises `AttributeError` if it is missing."""
    if isinstance(owner, Unsupported):
        return False
    if dataclasses.is_dataclass(owner) and name in {field.name for field in dataclasses.fields(owner)}:
        return True
    try:
        return not isinstance(getattr(owner, name), Unsupported)
    except alto.AltoNotSupportedError:
        return False


def table() -> str:
    """The table of docs/coming-from-weaviate.md."""
    lines = ["| | works | refused, with an alternative |", "|---|---|---|"]
    works = refused = 0
    for path, names in NAMES.items():
        owner = owner_of(path)
        good = [name for name in names if is_supported(owner, name)]
        bad = [name for name in names if name not in good]
        works += len(good)
        refused += len(bad)
        lines.append(f"| `{_shown(path)}` | {_cell(good, bad)} | {_cell(bad, good)} |")
    return (
        f"{works:,} of the {works + refused:,} public names of weaviate-client 4.24.1 work; the other {refused:,} "
        "can be imported, and raise `AltoNotSupportedError` with an alternative when they are used.\n\n"
        + "\n".join(lines)
        + "\n"
    )


def written(page: str) -> str:
    """The page with the table as it should be."""
    before, _, rest = page.partition(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.partition(END)[2]


def _cell(names: list[str], others: list[str]) -> str:
    return ("all" if not others else ", ".join(f"`{name}`" for name in names)) if names else ""


def _shown(path: str) -> str:
    return path.removeprefix("result:")


def _results() -> dict[str, Any]:
    from alto.classes.data import BatchObjectReturn, DeleteManyReturn, ErrorObject
    from alto.classes.results import Group, MetadataReturn, Object, QueryReturn
    from alto.classes.stored import CollectionConfig, PropertyConfig

    kinds = (
        *(BatchObjectReturn, DeleteManyReturn, ErrorObject, Group, MetadataReturn, Object, QueryReturn),
        *(CollectionConfig, PropertyConfig),
    )
    return {kind.__name__: kind for kind in kinds}


RESULTS = _results()

if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
    sys.exit(0)
