"""The parts of a rebuild, without OpenSearch."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest

from lambdas.collections.hold import HOLD, release_expired
from lambdas.deadline import Deadline
from lambdas.embedding.config import HnswIndex
from lambdas.errors import InvalidRequestError, VersionConflictError
from lambdas.migrating.copier import DOCUMENTS_OF_PAGE, Copier, Route, rebuilt
from lambdas.migrating.rebuild import RebuildBody, changed
from lambdas.objects.bulk import check_version, version_condition, version_of
from lambdas.objects.document_sizes import PAGE_CHARACTERS
from lambdas.opensearch import IndexMissingError
from tests.builders import OWN, collection


class Counted:
    """An OpenSearch of ids that counts them by their beginnings, and remembers what was asked."""

    def __init__(self, **indices: set[str]) -> None:
        self.indices = indices
        self.read = 0

    def request(self, method: str, path: str, body: Any = None, *_: Any, **__: Any) -> Any:
        index, kind = path.split("/")[1:]
        query = body["query"]
        found = {each for each in self.indices[index] if each.startswith(query.get("prefix", {}).get("id", ""))}
        if kind == "_count":
            return {"count": len(found)}
        if "aggs" in body:
            filters = body["aggs"]["parts"]["filters"]["filters"]
            counts = {name: {"doc_count": sum(each.startswith(name) for each in found)} for name in filters}
            return {"aggregations": {"parts": {"buckets": counts}}}
        self.read += len(found)
        return {"hits": {"hits": [{"_id": each} for each in found]}}


def copier(engine: Any) -> Copier:
    return Copier(engine, ThreadPoolExecutor(1))


def ids(count: int) -> set[str]:
    return {f"{n * 7919 % 65536:04x}-{n:08}" for n in range(count)}


def test_the_ids_that_only_the_new_index_has_are_found_by_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.migrating.copier.IDS_AT_ONCE", 20)
    every = ids(2_000)
    gone = set(sorted(every)[100:103])
    engine = Counted(old=every - gone, new=every)

    assert copier(engine).find_surplus("old", "new") == gone
    assert 0 < engine.read < 200


def test_indices_of_as_many_objects_are_not_read() -> None:
    engine = Counted(old=ids(50), new=ids(50))

    assert copier(engine).find_surplus("old", "new") == set()
    assert engine.read == 0


def test_a_document_of_the_new_index_has_only_the_vectors_that_are_kept() -> None:
    films = collection(vectors={"own": {"vectorizer": "none", "dimensions": 2}})
    source = {
        "id": "a",
        "created": "2026-11-28T00:00:00.000+00:00",
        "updated": "2026-11-28T00:00:00.000+00:00",
        "properties": {"title": "Up"},
        "vectors": {"old": [1.0], "own": [1.0, 0.0]},
        "text_hash": {"old": "x"},
        "lengths": {"gone": 1},
    }

    made = rebuilt(source, films)

    assert made["vectors"] == {"own": [1.0, 0.0]}
    assert "text_hash" not in made
    assert "gone" not in made.get("lengths", {})
    assert {name: made[name] for name in ("id", "created", "properties")} == {
        name: source[name] for name in ("id", "created", "properties")
    }


def test_copies_of_a_later_generation_are_newer_than_all_of_an_earlier_one() -> None:
    first, second = (Route("old", generation, "new", collection()).first_version for generation in (0, 1))

    assert (first, second) == (1, (1 << 40) + 1)


def test_a_version_has_the_number_of_its_index() -> None:
    hit = {"_primary_term": 3, "_seq_no": 57}

    assert version_of(hit) == "3.57"
    assert version_of(hit | {"_index": "alto-film-000001"}) == "3.57"
    assert version_of(hit | {"_index": "alto-film-000004"}) == "3000003.57"
    assert version_condition("3000003.57") == {"if_primary_term": 3, "if_seq_no": 57}


def test_a_version_of_another_index_is_a_conflict() -> None:
    films = collection().model_copy(update={"index_number": 4})

    check_version(films, "a", None)
    check_version(films, "a", "3000003.57")
    for old in ("3.57", "1000003.57", "4000003.57"):
        with pytest.raises(VersionConflictError):
            check_version(films, "a", old)


class Held:
    """An OpenSearch whose index has a hold that expires at this time."""

    def __init__(self, *aliases: str) -> None:
        self.aliases = aliases
        self.sent: list[str] = []

    def request(self, method: str, path: str, *_: Any, **__: Any) -> Any:
        if not self.aliases:
            raise IndexMissingError("gone")
        self.sent.append(f"{method} {path}")
        return {"alto-film-000001": {"aliases": {each: {} for each in self.aliases}}}


@pytest.mark.parametrize(
    ("aliases", "sent"),
    [
        ((f"film{HOLD}99999999999999", "film"), []),
        (
            (f"film{HOLD}1", "film"),
            [f"DELETE /alto-film-000001/_alias/film{HOLD}1", "PUT /alto-film-000001/_settings"],
        ),
        (("film",), ["PUT /alto-film-000001/_settings"]),
        ((), []),
    ],
)
def test_only_a_hold_that_has_expired_is_removed(aliases: tuple[str, ...], sent: list[str]) -> None:
    engine = Held(*aliases)

    release_expired(engine, "film")  # type: ignore[arg-type]

    assert [each for each in engine.sent if not each.startswith("GET")] == sent


def test_a_rebuild_changes_settings_and_keeps_the_rest() -> None:
    before = collection()
    title = before.properties[0].name
    body = RebuildBody.model_validate({"properties": {title: {"tokenization": "word"}}, "shards": 4})

    after = changed(before, body)

    assert (after.properties[0].tokenization, after.index.shards) == ("word", 4)
    assert after.properties[1:] == before.properties[1:]
    assert (after.generation, after.index_number, after.created) == (1, 2, before.created)
    assert after.former is not None
    assert after.former.index_number == 1


def test_a_rebuild_changes_one_setting_of_a_vectors_index() -> None:
    before = collection(vectors={"default": OWN | {"index": {"distance": "dot", "m": 24}}})

    on = changed(before, RebuildBody.model_validate({"vectors": {"default": {"index": {"compression": "4x"}}}}))
    off = changed(on, RebuildBody.model_validate({"vectors": {"default": {"index": {"compression": None}}}}))

    assert on.vectors["default"].index == HnswIndex(distance="dot", m=24, compression="4x")
    assert off.vectors == before.vectors


def test_numbers_of_indices_never_come_twice() -> None:
    first = changed(collection(), RebuildBody())
    added = first.model_copy(update={"generation": first.generation + 1})

    assert [changed(each, RebuildBody()).index_number for each in (first, added)] == [3, 4]


@pytest.mark.parametrize(
    "body",
    [
        {"properties": {"nothing": {"folding": True}}},
        {"properties": {"title": {"tokenization": "sideways"}}},
        {"vectors": {"nothing": None}},
    ],
)
def test_a_change_that_does_not_fit_names_its_field(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        changed(collection(), RebuildBody.model_validate(body))

    assert "nothing" in str(caught.value) or "tokenization" in str(caught.value)


def test_a_rebuild_that_drops_the_default_asks_for_another() -> None:
    before = collection()
    [name] = before.vectors

    with pytest.raises(InvalidRequestError, match=f"vectors.{name}: is the default of searches: give 'default_vector'"):
        changed(
            before.model_copy(update={"default_vector": name}), RebuildBody.model_validate({"vectors": {name: None}})
        )


class Shard:
    """An index of one shard: its documents, by the number of their last operation, and how large they are."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self.sizes = sizes
        self.measured: list[int] = []
        self.read: list[list[int]] = []
        self.written: list[str] = []

    def request(self, _: str, path: str, body: Any = None, **__: Any) -> Any:
        if path.endswith("/_refresh"):
            return {}
        limits = body["query"]["range"]["_seq_no"]
        found = [n for n in range(len(self.sizes)) if limits["gt"] < n <= limits["lte"]][: body["size"]]
        if "script_fields" in body:
            self.measured.append(len(found))
        else:
            self.read.append(found)
        hits = [
            {"_id": f"{n}", "_seq_no": n, "_source": {"id": f"{n}"}, "fields": {"characters": [self.sizes[n]]}}
            for n in found
        ]
        return {"hits": {"hits": hits}}

    def bulk(self, _: str, lines: Sequence[bytes], **__: Any) -> list[Any]:
        self.written += [orjson.loads(line.split(b"\n")[1])["id"] for line in lines]
        return [{"status": 200}] * len(lines)


def copy(shard: Shard) -> int:
    last = len(shard.sizes) - 1
    return copier(shard).copy(
        Route("old", 1, "new", collection(vectors={})), {}, {"0": last}, deadline=Deadline.after(60)
    )


def test_small_documents_are_measured_by_few_requests() -> None:
    shard = Shard([100] * 4_000)

    assert copy(shard) == 4_000
    assert shard.measured == [100, 1_000, 1_000, 1_000, 900]
    assert max(len(each) for each in shard.read) == DOCUMENTS_OF_PAGE
    assert sorted(shard.written, key=int) == [f"{n}" for n in range(4_000)]


def test_large_documents_are_read_in_pages_that_fit() -> None:
    sizes = [100] * 450 + [1_000_000] * 30 + [100] * 200
    shard = Shard(sizes)

    assert copy(shard) == len(sizes)
    assert max(sum(sizes[n] for n in page) for page in shard.read) <= PAGE_CHARACTERS
    assert sorted(shard.written, key=int) == [f"{n}" for n in range(len(sizes))]
