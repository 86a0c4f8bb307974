"""One OpenSearch, one moto and one emulator a run, shared by every suite that needs them."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session")
def opensearch_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real OpenSearch node with the k-NN and neural-search plugins."""
    from local.opensearch.artifacts import install
    from local.opensearch.node import OpenSearchNode

    with OpenSearchNode(install(), tmp_path_factory.mktemp("opensearch")) as node:
        yield node.url
