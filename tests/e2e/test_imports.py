"""Package descriptions as they come, through everything that `cdk deploy` ships."""

from pathlib import Path

import pytest

from benchmarks import packages
from tests.e2e.conftest import Alto

PACKAGES = 300


@pytest.mark.skipif(packages.why_absent() is not None, reason=packages.why_absent() or "")
def test_package_descriptions_as_they_come_are_stored_and_found(alto: Alto, tmp_path: Path) -> None:
    file = tmp_path / "packages.jsonl.gz"
    documents = packages.write(PACKAGES, file, own_vectors=False)
    loading = packages.Packages(alto.api)

    job = loading.load(file, own_vectors=False)

    assert (job["state"], job["counts"]) == (
        "completed",
        {"read": PACKAGES, "loaded": PACKAGES, "unchanged": 0, "failed": 0},
    )
    assert loading.total() == PACKAGES
    assert loading.missing(documents[::10]) == []
