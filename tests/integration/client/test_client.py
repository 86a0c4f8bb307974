"""The Python client against the HTTP API, over a real OpenSearch and the model emulator."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

import alto
from alto.classes.config import Configure, DataType, Property, Tokenization, VectorDistances
from alto.classes.data import DataObject, GeoCoordinate
from alto.classes.query import (
    Boost,
    Diversity,
    Filter,
    GroupBy,
    HybridFusion,
    HybridVector,
    Metrics,
    Rerank,
    Sort,
)
from alto.classes.search import Search
from tests.api import Api
from tests.api_server import ApiServer
from tests.builders import FILMS

PROPERTIES = [
    Property(name="title", data_type=DataType.TEXT, tokenization=Tokenization.WORD),
    Property(name="description", data_type=DataType.TEXT),
    Property(name="year", data_type=DataType.INT),
]


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[ApiServer]:
    with ApiServer(api) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: ApiServer) -> Iterator[alto.AltoClient]:
    with alto.connect_to_local(port=server.port) as connected:
        yield connected


@pytest.fixture(scope="module")
def films(client: alto.AltoClient) -> Iterator[Any]:
    """The five films, each findable. Nothing changes them."""
    collection = client.collections.create(
        f"film{uuid4().hex[:8]}",
        description="Films",
        properties=PROPERTIES,
        vector_config=Configure.Vectors.text2vec_aws_bedrock(
            region="us-east-1", model="amazon.titan-embed-text-v2:0", dimensions=256
        ),
    )
    stored = collection.data.insert_many(FILMS)
    assert not stored.has_errors
    assert sorted(stored.uuids) == [0, 1, 2, 3, 4]
    yield collection
    client.collections.delete(collection.name)


@pytest.fixture
def own(client: alto.AltoClient) -> Iterator[Any]:
    """A collection of its own for each test, with vectors of three numbers."""
    collection = client.collections.create(
        f"Own{uuid4().hex[:8]}",
        properties=PROPERTIES,
        vector_config=Configure.Vectors.self_provided(
            name="custom",
            dimensions=3,
            vector_index_config=Configure.VectorIndex.hnsw(distance_metric=VectorDistances.L2_SQUARED),
        ),
    )
    yield collection
    client.collections.delete(collection.name)


def titles(found: Any) -> list[str]:
    return [each.properties["title"] for each in found.objects]


def test_a_client_says_whom_it_talks_to(client: alto.AltoClient) -> None:
    assert client.is_ready()
    assert client.is_live()
    assert client.get_meta()["version"] == alto.__version__


def test_a_collection_is_described_as_it_was_created(client: alto.AltoClient, films: Any) -> None:
    config = client.collections.export_config(films.name)

    assert config.name == films.name
    assert config.description == "Films"
    assert [(each.name, each.data_type, each.tokenization) for each in config.properties][:2] == [
        ("title", "text", "word"),
        ("description", "text", "english"),
    ]
    assert config.vector_config["default"]["dimensions"] == 256
    assert client.collections.list_all()[films.name] == config
    assert client.collections.exists(films.name)


def test_what_is_exported_makes_the_same_collection(client: alto.AltoClient, films: Any) -> None:
    exported = client.collections.export_config(films.name).to_dict()

    copy = client.collections.create_from_dict(exported | {"name": f"Copy{uuid4().hex[:8]}"})

    assert copy.config.get().to_dict() == exported | {"name": copy.name}
    client.collections.delete(copy.name)
    assert not client.collections.exists(copy.name)
    client.collections.delete(copy.name)


def test_a_name_that_is_taken_is_a_conflict_with_its_request(client: alto.AltoClient, films: Any) -> None:
    with pytest.raises(alto.AltoConflictError) as caught:
        client.collections.create(films.name)

    assert caught.value.code == "collection_exists"
    assert caught.value.request_id
    assert caught.value.request_id in str(caught.value)


def test_a_search_in_a_collection_that_is_not_there_says_so(client: alto.AltoClient) -> None:
    with pytest.raises(alto.AltoNotFoundError, match="collection_not_found"):
        client.collections.use("Nowhere").query.bm25("word")
    with pytest.raises(alto.AltoNotFoundError, match="collection_not_found"):
        client.collections.use("Nowhere").query.fetch_object_by_id(uuid4())


def test_bm25_finds_words_and_says_how_well(films: Any) -> None:
    found = films.query.bm25("ghosts", query_properties=["title", "description^2"])

    assert titles(found) == ["A Christmas Carol"]
    assert found.total == 1
    assert found.objects[0].metadata.score > 0
    assert found.objects[0].collection == films.name
    assert isinstance(found.objects[0].uuid, UUID)


def test_near_text_says_how_near(films: Any) -> None:
    [first, _] = films.query.near_text("A holiday film", limit=2, return_properties="title").objects

    assert first.metadata.certainty == pytest.approx(1 - first.metadata.distance / 2)
    assert set(first.properties) == {"title"}
    assert first.vector == {}


def test_near_vector_finds_the_object_whose_vector_it_is(films: Any) -> None:
    [carol] = films.query.bm25("ghosts", include_vector=True).objects

    found = films.query.near_vector(carol.vector["default"], limit=1)

    assert found.objects[0].uuid == carol.uuid
    assert found.objects[0].metadata.distance == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("fusion", HybridFusion)
def test_hybrid_fuses_in_both_ways(films: Any, fusion: HybridFusion) -> None:
    found = films.query.hybrid("A holiday film", fusion_type=fusion, alpha=0.7, limit=2)

    assert set(titles(found)) == {"Jingle All the Way", "A Christmas Carol"}


def test_hybrid_takes_a_vector_instead_of_the_querys(films: Any) -> None:
    [carol] = films.query.bm25("ghosts", include_vector=["default"]).objects

    bare = films.query.hybrid("nothing of it", vector=carol.vector["default"], alpha=1, limit=1)
    wrapped = films.query.hybrid(
        "nothing of it", vector=HybridVector.near_vector(carol.vector["default"]), alpha=1, limit=1
    )

    assert titles(bare) == titles(wrapped) == ["A Christmas Carol"]


def test_several_searches_are_answered_at_once(films: Any) -> None:
    near, wrong, both = films.query.multi(
        [
            Search.near_text("A holiday film", limit=2, return_properties="title"),
            Search.bm25("ghosts", query_properties=["nothing"]),
            Search.hybrid("A holiday film", alpha=0.7, limit=2),
        ]
    )

    assert near.objects == films.query.near_text("A holiday film", limit=2, return_properties="title").objects
    assert titles(both) == titles(films.query.hybrid("A holiday film", alpha=0.7, limit=2))
    assert isinstance(wrong, alto.AltoInvalidRequestError)
    assert "nothing" in wrong.message


def test_hits_are_boosted_reranked_made_diverse_and_grouped(films: Any) -> None:
    def first(year: int) -> str:
        near_to = Boost.numeric_decay("year", origin=year, scale=5, weight=0.9)
        return titles(films.query.bm25("christmas", boost=near_to))[0]

    assert (first(2009), first(1996)) == ("A Christmas Carol", "Jingle All the Way")

    grouped = films.query.near_text(
        "A holiday film", group_by=GroupBy(prop="year", objects_per_group=1, number_of_groups=2), limit=5
    )
    assert set(grouped.groups) == {"1996", "2009"}
    assert [each.belongs_to_group for each in grouped.objects] == list(grouped.groups)
    carol = grouped.groups["2009"]
    assert (carol.count, carol.min_distance) == (1, carol.objects[0].metadata.distance)

    whole = films.query.near_text("A holiday film")
    same = films.query.near_text("A holiday film", limit=5, diversity_selection=Diversity.mmr(limit=3, balance=1))
    other = films.query.near_text("A holiday film", limit=5, diversity_selection=Diversity.mmr(limit=3, balance=0))
    assert titles(same) == titles(whole)[:3]
    assert titles(other)[:2] != titles(same)[:2]

    reranked = films.query.bm25("christmas", rerank=Rerank(prop="description", model="cohere.rerank-v3-5:0"))
    scores = [each.metadata.rerank_score for each in reranked.objects]
    assert reranked.reranked is True
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)


year = Filter.by_property("year")


@pytest.mark.parametrize(
    ("condition", "years"),
    [
        (year.equal(1994), {1994}),
        (year.not_equal(1994), {1972, 2008, 1996, 2009}),
        (year.less_than(1994), {1972}),
        (year.less_or_equal(1994), {1972, 1994}),
        (year.greater_than(2008), {2009}),
        (year.greater_or_equal(2008), {2008, 2009}),
        (year.contains_any([1972, 2008]), {1972, 2008}),
        (year.contains_none([1972, 2008]), {1994, 1996, 2009}),
        (year.greater_than(1990) & year.less_than(2000), {1994, 1996}),
        (year.less_than(1980) | year.greater_than(2008), {1972, 2009}),
        (~(year.greater_than(1990) & year.less_than(2000)), {1972, 2008, 2009}),
        (Filter.not_(Filter.any_of([year.equal(1972), year.equal(1994)])), {2008, 1996, 2009}),
    ],
)
def test_filters_mean_what_they_say(films: Any, condition: Any, years: set[int]) -> None:
    found = films.query.near_text("a film", filters=condition)

    assert {each.properties["year"] for each in found.objects} == years


def test_places_objects_and_lists_are_stored_and_filtered(client: alto.AltoClient) -> None:
    places = client.collections.create(
        f"Place{uuid4().hex[:8]}",
        properties=[
            Property(name="at", data_type=DataType.GEO_COORDINATES),
            Property(name="tags", data_type=DataType.TEXT_ARRAY),
            Property(name="seen", data_type=DataType.DATE),
            Property(
                name="mayor",
                data_type=DataType.OBJECT,
                nested_properties=[Property(name="name", data_type=DataType.TEXT)],
            ),
        ],
    )
    bern = {
        "at": GeoCoordinate(latitude=46.95, longitude=7.45),
        "tags": ["city", "capital"],
        "seen": datetime(2026, 1, 2, tzinfo=UTC),
        "mayor": {"name": "Alice"},
    }
    assert not places.data.insert_many([bern, {"Tags": ["village"]}]).has_errors
    assert bern in [each.properties for each in places.iterator()]

    def found(condition: Any) -> list[list[str]]:
        # Only the words are searched; the filter has to do the rest.
        return [each.properties["tags"] for each in places.query.bm25("city village", filters=condition).objects]

    tags, city, village = Filter.by_property("tags"), [["city", "capital"]], [["village"]]
    thun = GeoCoordinate(latitude=46.76, longitude=7.63)
    assert found(Filter.by_property("at").within_geo_range(coordinate=thun, distance=30_000)) == city
    assert found(Filter.by_property("at").within_geo_range(coordinate=thun, distance=10_000)) == []
    assert found(Filter.by_property("mayor.name").equal("Alice")) == city
    assert found(Filter.by_property("seen").is_none(True)) == village
    assert found(Filter.by_property("seen").less_than(datetime(2026, 1, 3, tzinfo=UTC))) == city
    assert found(tags.contains_all(["city", "capital"])) == city
    assert found(tags.like("vill*")) == village
    assert found(Filter.by_property("tags", length=True).equal(1)) == village
    assert len(found(Filter.by_creation_time().greater_than(datetime(2020, 1, 1, tzinfo=UTC)))) == 2
    client.collections.delete(places.name)


def test_pages_follow_on_each_other(films: Any) -> None:
    whole = titles(films.query.hybrid("a father and his son"))

    assert [
        t for at in (0, 2, 4) for t in titles(films.query.hybrid("a father and his son", limit=2, offset=at))
    ] == whole


def test_an_object_is_inserted_read_and_deleted(own: Any) -> None:
    made = own.data.insert({"title": "One", "year": 1}, vector={"custom": [1, 2, 3]})

    got = own.query.fetch_object_by_id(made, include_vector=True)

    assert (got.uuid, got.properties, got.vector) == (made, {"title": "One", "year": 1}, {"custom": [1.0, 2.0, 3.0]})
    assert datetime.now(UTC) - got.metadata.creation_time < timedelta(minutes=5)
    assert own.data.exists(made)
    assert own.data.delete_by_id(made) is True
    assert own.data.delete_by_id(made) is False
    assert not own.data.exists(made)
    assert own.query.fetch_object_by_id(made) is None


def test_an_existing_id_fails_insert_and_is_replaced_by_insert_many(own: Any) -> None:
    same = uuid4()
    own.data.insert({"title": "Old"}, uuid=same, vector={"custom": [1, 2, 3]})

    with pytest.raises(alto.AltoConflictError, match="object_exists"):
        own.data.insert({"title": "New"}, uuid=same)
    own.data.insert_many([DataObject({"title": "New"}, uuid=str(same), vector={"custom": [3, 2, 1]})])

    assert own.query.fetch_object_by_id(same).properties == {"title": "New"}


def test_objects_are_merged_replaced_listed_and_deleted_by_filter(own: Any) -> None:
    vector = {"custom": [1, 2, 3]}
    stored = own.data.insert_many(DataObject({"title": f"Film {n}", "year": n}, vector=vector) for n in range(250))
    first = stored.uuids[0]

    own.data.update(first, {"year": 1999})
    assert own.query.fetch_object_by_id(first).properties == {"title": "Film 0", "year": 1999}
    own.data.replace(first, {"title": "New"}, vector=vector)
    assert own.query.fetch_object_by_id(first).properties == {"title": "New"}
    with pytest.raises(alto.AltoNotFoundError, match="object_not_found"):
        own.data.update(uuid4(), {"year": 1})

    assert sorted(each.uuid for each in own.iterator()) == sorted(stored.uuids.values())
    tried = own.data.delete_many(Filter.by_property("year").less_than(10), dry_run=True)
    deleted = own.data.delete_many(Filter.by_property("year").less_than(10), verbose=True)
    assert (tried.matches, deleted.matches, deleted.successful, deleted.failed) == (9, 9, 9, 0)
    assert {each.uuid for each in deleted.objects} == {stored.uuids[n] for n in range(1, 10)}


def test_a_bad_object_does_not_fail_its_neighbours(own: Any) -> None:
    result = own.data.insert_many(
        [
            DataObject({"title": "Good"}, vector={"custom": [1, 2, 3]}),
            DataObject({"title": "Short"}, vector={"custom": [1, 2]}),
            DataObject({"title": "Wrong", "year": "late"}, vector={"custom": [1, 2, 3]}),
        ]
    )

    assert list(result.uuids) == [0]
    assert {at: error.code for at, error in result.errors.items()} == {1: "invalid_object", 2: "invalid_object"}
    assert result.errors[2].object_.properties["title"] == "Wrong"


def test_what_a_batch_stored_is_found_when_its_block_ends(own: Any) -> None:
    with own.batch.dynamic() as batch:
        for number in range(120):
            batch.add_object({"title": f"Film {number}", "year": number}, vector={"custom": [number, 0, 0]})

    found = own.query.near_vector({"custom": [7, 0, 0]}, limit=1)

    assert own.batch.failed_objects == []
    assert titles(found) == ["Film 7"]
    assert own.query.bm25("film").total == 120


def test_objects_are_fetched_in_any_order(films: Any) -> None:
    by_year = films.query.fetch_objects(sort=Sort.by_property("year", ascending=False), limit=2, offset=1)
    by_id = films.query.fetch_objects()
    back = films.query.fetch_objects(sort=Sort.by_id(ascending=False), return_metadata=["creation_time"])

    assert [each.properties["year"] for each in by_year.objects] == [2008, 1996]
    assert [each.uuid for each in by_id.objects] == sorted(each.uuid for each in films.iterator())
    assert [each.uuid for each in back.objects] == [each.uuid for each in reversed(by_id.objects)]
    assert back.objects[0].metadata.creation_time == by_id.objects[-1].metadata.creation_time
    rest = films.query.fetch_objects(after=by_id.objects[1].uuid, filters=Filter.by_property("year").less_than(3000))
    assert rest.objects == by_id.objects[2:]
    ids = [by_id.objects[3].uuid, uuid4(), by_id.objects[0].uuid]
    assert [each.uuid for each in films.query.fetch_objects_by_ids(ids).objects] == [ids[0], ids[2]]
    ordered = films.query.fetch_objects_by_ids(ids, sort=Sort.by_id())
    assert [each.uuid for each in ordered.objects] == [ids[2], ids[0]]


def test_objects_are_counted_and_measured(films: Any) -> None:
    assert len(films) == 5
    years = films.aggregate.over_all(return_metrics=Metrics("year").integer(minimum=True, maximum=True, mean=True))
    assert years.total_count == 5
    assert (years.properties["year"].minimum, years.properties["year"].maximum) == (1972, 2009)
    assert years.properties["year"].mean == pytest.approx(1995.8)

    near = films.aggregate.near_text("A holiday film", object_limit=2, return_metrics=Metrics("title").text())
    assert {each.value for each in near.properties["title"].top_occurrences} == {
        "Jingle All the Way",
        "A Christmas Carol",
    }
    [carol] = films.query.bm25("ghosts", include_vector=True).objects
    assert films.aggregate.near_object(carol.uuid, object_limit=3).total_count == 3
    assert films.aggregate.near_vector(carol.vector["default"], distance=0.001).total_count == 1
    assert films.aggregate.hybrid("christmas", alpha=0).total_count == 2
    grouped = films.aggregate.over_all(group_by="year", filters=Filter.by_property("year").greater_than(2000))
    assert {group.grouped_by.value: group.total_count for group in grouped.groups} == {2008: 1, 2009: 1}


def test_a_collection_may_grow_and_be_described_anew(own: Any) -> None:
    own.config.add_property(Property(name="tags", data_type=DataType.TEXT_ARRAY))
    own.config.update(description="Mine", auto_schema=True)

    config = own.config.get()

    assert [each.name for each in config.properties] == ["title", "description", "year", "tags"]
    assert config.description == "Mine"
    assert config.raw["auto_schema"] is True
    with pytest.raises(alto.AltoConflictError):
        own.config.add_property(Property(name="tags", data_type=DataType.TEXT))


def test_a_wrong_request_names_its_field(films: Any) -> None:
    with pytest.raises(alto.AltoInvalidRequestError) as caught:
        films.query.hybrid("a film", alpha=1.5)

    assert [detail.field for detail in caught.value.details] == ["hybrid.alpha"]


def test_a_job_that_is_not_there_says_so(client: alto.AltoClient) -> None:
    with pytest.raises(alto.AltoNotFoundError, match="import_not_found"):
        client.imports.get(uuid4())


def test_the_asynchronous_client_does_the_same(server: ApiServer, films: Any) -> None:
    async def use() -> None:
        async with alto.use_async_with_local(port=server.port) as client:
            assert await client.is_ready()
            collection = client.collections.use(films.name)
            found = await asyncio.gather(
                collection.query.hybrid("A holiday film", limit=2), collection.query.bm25("ghosts")
            )
            assert [titles(each) for each in found] == [
                titles(films.query.hybrid("A holiday film", limit=2)),
                ["A Christmas Carol"],
            ]
            assert await collection.length() == 5
            assert [each.uuid async for each in collection.iterator()] == [each.uuid for each in films.iterator()]
            assert (await collection.aggregate.over_all()).total_count == 5
            made = await collection.data.exists(uuid4())
            assert made is False
            with pytest.raises(alto.AltoNotSupportedError, match=r"batch\.stream"):
                collection.batch.fixed_size()

    asyncio.run(use())
