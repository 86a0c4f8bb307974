"""Unit tests reach no network, and see no AWS settings of whoever runs them."""

import os

import pytest
from pytest_socket import disable_socket


def pytest_runtest_setup() -> None:
    disable_socket(allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _no_aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "ALTO_", "POWERTOOLS_")):
            monkeypatch.delenv(name)
