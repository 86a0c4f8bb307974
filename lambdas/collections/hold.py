"""Holds the writes of a collection for the moment in which another index takes its place.

OpenSearch blocks the index: when it has responded, every write is either done or refused. The hold is an alias whose
name says when it expires; replacing the index requires that alias. So a function that died leaves a hold that the next
refused writer removes, and one that is only slow cannot replace the index any more once its hold was removed.
"""

import time
from contextlib import suppress

from lambdas.opensearch import DocumentMissingError, IndexMissingError, OpenSearch

HOLD = "-hold-"
# A hold takes a second or two. Its writers are tried again for longer than this.
HOLD_SECONDS = 12.0


def place_hold(engine: OpenSearch, index: str, identity: str, seconds: float | None = None) -> str:
    """Refuse the writes of an index from now on, and return the hold's alias."""
    hold = f"{identity}{HOLD}{int(1000 * (time.time() + (HOLD_SECONDS if seconds is None else seconds)))}"
    engine.request("PUT", f"/{index}/_alias/{hold}", repeat=True)
    # In response, every write is done or refused; a plain setting would not wait for those that are being carried out.
    engine.request("PUT", f"/{index}/_block/write", repeat=True)
    return hold


def release_hold(engine: OpenSearch, index: str, hold: str) -> None:
    """Take writes again. The alias goes first: from then on the index cannot be replaced by the hold's owner."""
    with suppress(DocumentMissingError, IndexMissingError):
        engine.request("DELETE", f"/{index}/_alias/{hold}", repeat=True)
    take_writes(engine, index)


def take_writes(engine: OpenSearch, index: str) -> None:
    """Remove the block of an index."""
    engine.request("PUT", f"/{index}/_settings", {"index": {"blocks.write": None}}, repeat=True)


def release_expired(engine: OpenSearch, alias: str) -> None:
    """Remove the hold of the index with this alias if it has expired, or if its index was left blocked without one."""
    with suppress(DocumentMissingError, IndexMissingError):
        for index, found in engine.request("GET", f"/{alias}/_alias").items():
            holds = [each for each in found["aliases"] if HOLD in each]
            if all(int(each.rpartition("-")[2]) < 1000 * time.time() for each in holds):
                for each in holds:
                    release_hold(engine, index, each)
                if not holds:
                    take_writes(engine, index)
