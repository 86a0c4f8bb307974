"""The smoke test of `make deploy`, against what is deployed locally."""

import pytest

import alto as client_package
from infra.smoke import SmokeTestError, smoke_test
from tests.e2e.conftest import Alto


def test_a_working_alto_passes(alto: Alto) -> None:
    with client_package.connect_to_custom(alto.stack.url) as client:
        assert smoke_test(client)[-1] == "deleted"
        assert not [name for name in client.collections.list_all() if name.startswith("Smoke")]


def test_an_alto_without_its_engine_does_not(alto: Alto, monkeypatch: pytest.MonkeyPatch) -> None:
    with client_package.connect_to_custom(alto.stack.url) as client:
        monkeypatch.setattr(client, "is_ready", lambda: False)
        with pytest.raises(SmokeTestError, match="OpenSearch is not ready"):
            smoke_test(client)
