"""Unit tests reach no network, and see no AWS settings: neither those of who runs them nor those of another suite."""

import os
from collections.abc import Iterator

import pytest
from pytest_socket import disable_socket


def pytest_runtest_setup() -> None:
    disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True, scope="module")
def _no_aws_environment() -> Iterator[None]:
    """Before the fixtures of a module: they make clients too, and the integration suite's settings last for a run."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AWS_", "ALTO_", "POWERTOOLS_")):
                patch.delenv(name)
        yield
