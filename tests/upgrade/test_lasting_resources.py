"""What holds data is still in the templates as each release deployed it, so that an upgrade replaces none of it."""

import json

import pytest

from tests.upgrade.release import RELEASES, ROOT, file_of

SNAPSHOTS = ROOT / "tests" / "infra" / "snapshots"

STAGES = sorted(path.stem for path in SNAPSHOTS.glob("*.json"))


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("stage", STAGES)
def test_an_upgrade_replaces_nothing_that_lasts(release: str, stage: str) -> None:
    older = json.loads(file_of(release, f"tests/infra/snapshots/{stage}.json"))
    newer = json.loads((SNAPSHOTS / f"{stage}.json").read_text())

    assert older
    assert {name: newer.get(name) for name in older} == older
