"""One OpenSearch, one moto and one emulator a run, shared by every suite that needs them."""

from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# A suite whose servers all its tests share: it runs in one worker, so that its servers start once.
SUITES_WITH_SERVERS = ("tests/e2e/", "tests/infra/", "tests/integration/")


class SuiteScheduling(LoadScopeScheduling):
    """A suite with servers goes to one worker, in its order; the unit tests go module by module to the others."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((suite for suite in SUITES_WITH_SERVERS if path.startswith(suite)), path)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> SuiteScheduling:
    config.option.loadscopereorder = False  # The suites with servers come first: they take longest.
    return SuiteScheduling(config, log)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Archives contain the time at which they are made, and both workers must collect the same names."""
    is_archive = isinstance(val, bytes) and val.startswith((b"\x1f\x8b", b"PK\x03\x04"))
    return argname if is_archive else None


@pytest.fixture(scope="session")
def opensearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real OpenSearch node with the k-NN and neural-search plugins."""
    from local.opensearch.artifacts import install
    from local.opensearch.node import OpenSearchNode

    with OpenSearchNode(install(), tmp_path_factory.mktemp("opensearch")) as node:
        yield node.url
