"""One OpenSearch, one moto and one emulator a run, shared by every suite that needs them."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    # Imported here: the client's tests run without xdist too, in environments of the client alone.
    from tests.scheduling import SuiteScheduling

    config.option.loadscopereorder = False  # The suites with servers come first: they take longest.
    return SuiteScheduling(config, log)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Archives contain the time at which they are made, and both workers must collect the same names."""
    is_archive = isinstance(val, bytes) and val.startswith((b"\x1f\x8b", b"PK\x03\x04"))
    return argname if is_archive else None


@pytest.fixture(autouse=True, scope="module")
def _no_invocation() -> Iterator[None]:
    """Without the time limit of an invocation that the tests of another module have begun in this process."""
    # The client's tests also run where nothing of the functions is installed.
    invocation = sys.modules.get("lambdas.invocation")
    with pytest.MonkeyPatch.context() as patch:
        if invocation is not None:
            patch.setattr(invocation.current, "_deadline", None)
        yield


@pytest.fixture(scope="session")
def opensearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real OpenSearch node with the k-NN and neural-search plugins."""
    from local.opensearch.artifacts import install
    from local.opensearch.node import OpenSearchNode

    with OpenSearchNode(install(), tmp_path_factory.mktemp("opensearch")) as node:
        yield node.url
