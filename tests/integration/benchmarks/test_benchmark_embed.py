"""`make bench-embed` runs: its contenders of this environment, with a handful of texts."""

import pytest

from benchmarks.embed.runs import CONTENDERS, TITAN, Case, Contender, run
from local.emulator import Emulator

OWN = [each for each in CONTENDERS if each.peer is None]


@pytest.mark.parametrize("contender", OWN, ids=[each.name for each in OWN])
def test_a_contender_embeds_all_texts(contender: Contender) -> None:
    with Emulator(model="stub", process=True) as emulator:
        measured = run(contender, Case("toy", TITAN, 5), emulator)

    assert (measured["embedded"], measured["calls"], measured["error"]) == (5, 5, None)
