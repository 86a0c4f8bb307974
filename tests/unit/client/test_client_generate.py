"""The client's requests for generated texts, and its reading of the responses."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

import alto
from alto.classes.config import Configure, Reconfigure
from alto.classes.generate import GenerativeConfig, GenerativeParameters
from alto.classes.query import Filter, GroupBy, Sort
from alto.errors import AltoConfigurationError, AltoNotSupportedError

FIRST, SECOND = UUID(int=1), UUID(int=2)
TEXT = {
    "text": "It rotates at once.",
    "citations": [
        {
            "id": str(FIRST),
            "property": "body",
            "quote": "rotates at once",
            "quote_start": 4,
            "key": "film/1",
            "quote_end": 19,
            "start": 0,
            "end": 19,
        }
    ],
    "citation_mode": "native",
    "dropped_citations": 1,
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 90, "output_tokens": 5},
    "latency_ms": 640,
}
FAILED = {"error": {"status": 429, "code": "model_throttled", "message": "Too many requests.", "details": []}}
GENERATION = {"model": "amazon.nova-lite-v1:0", "service": "bedrock", "calls": 2, "failed": 0}
COUNTS = {"total": 2, "truncated": False, "took_ms": 9, "generation": GENERATION}


class Server:
    """Replies as it is told, and keeps the requests."""

    def __init__(self, **response: Any) -> None:
        self._response = {"objects": [], **COUNTS} | response
        self.asked: list[Any] = []
        self.paths: list[str] = []
        self.status = 200

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.paths.append(request.url.path)
        self.asked.append(json.loads(request.content))
        return httpx.Response(self.status, json=self._response)

    @property
    def collection(self) -> Any:
        return alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(self)).collections.use("Film")


def hit(uuid: UUID, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid), "properties": {"title": "Up"}} | more


@pytest.mark.parametrize(
    ("method", "arguments", "expected"),
    [
        ("near_text", {"query": "a"}, {"near_text": {"query": "a"}}),
        ("near_vector", {"near_vector": [1, 2]}, {"near_vector": {"vector": [1, 2]}}),
        ("near_object", {"near_object": FIRST}, {"near_object": {"id": str(FIRST)}}),
        ("bm25", {"query": "a", "query_properties": ["title"]}, {"bm25": {"query": "a", "properties": ["title"]}}),
        ("hybrid", {"query": "a", "alpha": 0.5}, {"hybrid": {"query": "a", "alpha": 0.5}}),
        ("fetch_objects", {"sort": Sort.by_property("title")}, {"sort": [{"property": "title", "order": "ascending"}]}),
        (
            "fetch_objects_by_ids",
            {"ids": [FIRST, str(SECOND)]},
            {
                "limit": 2,
                "sort": [{"property": "_id", "order": "ascending"}],
                "filter": {"property": "_id", "operator": "contains_any", "value": [str(FIRST), str(SECOND)]},
            },
        ),
    ],
)
def test_each_search_goes_with_its_tasks(method: str, arguments: Any, expected: Any) -> None:
    server = Server()

    getattr(server.collection.generate, method)(
        **arguments, single_prompt="Translate: {title}", grouped_task="Summarize.", grouped_properties=["title"]
    )

    tasks = {"single_prompt": "Translate: {title}", "grouped_task": "Summarize.", "properties": ["title"]}
    assert server.paths == ["/v1/collections/Film/generate"]
    assert {name: server.asked[0][name] for name in expected} == expected
    assert server.asked[0]["generate"] == tasks


def test_the_settings_of_a_search_are_those_of_query() -> None:
    server = Server()

    server.collection.generate.near_text(
        "a",
        limit=5,
        filters=Filter.by_property("year").equal(1994),
        return_properties=["title"],
        grouped_task="Summarize.",
        citations=False,
    )

    body = server.asked[0]
    assert (body["limit"], body["return_properties"]) == (5, ["title"])
    assert body["filter"] == {"property": "year", "operator": "equal", "value": 1994}
    assert body["generate"] == {"grouped_task": "Summarize.", "citations": False}


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (
            GenerativeConfig.aws_bedrock(
                model="m", region="us-east-1", max_tokens=9, temperature=0.1, top_k=5, top_p=0.9, stop_sequences=["END"]
            ),
            {
                "service": "bedrock",
                "model": "m",
                "region": "us-east-1",
                "max_tokens": 9,
                "temperature": 0.1,
                "top_k": 5,
                "top_p": 0.9,
                "stop_sequences": ["END"],
            },
        ),
        (GenerativeConfig.aws(service="bedrock", model="m"), {"service": "bedrock", "model": "m"}),
        (GenerativeConfig.aws(temperature=0.5), {"temperature": 0.5}),
        (
            GenerativeConfig.aws_sagemaker(endpoint="e", payload="inputs", target_variant="v"),
            {"service": "sagemaker", "endpoint": "e", "payload": "inputs", "target_variant": "v"},
        ),
        (
            GenerativeConfig.aws(service="sagemaker", endpoint="e", target_model="t"),
            {"service": "sagemaker", "endpoint": "e", "target_model": "t"},
        ),
        (
            Configure.Generative.aws_bedrock(
                "m", "us-east-1", system="Be kind.", guardrail={"id": "g", "version": "1"}
            ),
            {
                "service": "bedrock",
                "model": "m",
                "region": "us-east-1",
                "system": "Be kind.",
                "guardrail": {"id": "g", "version": "1"},
            },
        ),
        (
            Configure.Generative.aws_sagemaker("us-east-1", "e"),
            {"service": "sagemaker", "region": "us-east-1", "endpoint": "e"},
        ),
        (Configure.Generative.aws("m", "us-east-1"), {"service": "bedrock", "model": "m", "region": "us-east-1"}),
        (
            Reconfigure.Generative.aws_bedrock("m", "us-east-1"),
            {"service": "bedrock", "model": "m", "region": "us-east-1"},
        ),
    ],
)
def test_a_model_is_named_as_in_weaviate(provider: Any, expected: dict[str, Any]) -> None:
    server = Server()

    server.collection.generate.bm25("a", grouped_task="Summarize.", generative_provider=provider)

    assert server.asked[0]["generate"] == {"grouped_task": "Summarize."} | expected


def test_tasks_may_be_parameters_of_their_own() -> None:
    server = Server()

    server.collection.generate.bm25(
        "a",
        single_prompt=GenerativeParameters.single_prompt("Translate: {title}", metadata=True),
        grouped_task=GenerativeParameters.grouped_task("Summarize.", non_blob_properties=["title"]),
    )

    assert server.asked[0]["generate"] == {
        "single_prompt": "Translate: {title}",
        "grouped_task": "Summarize.",
        "properties": ["title"],
    }


def test_texts_are_read_with_their_sources() -> None:
    server = Server(objects=[hit(FIRST, generated={"text": "Haut"}), hit(SECOND)], generated=TEXT)

    response = server.collection.generate.bm25("a", grouped_task="How?", single_prompt="Translate: {title}")

    assert (response.generative.text, response.generated) == ("It rotates at once.",) * 2
    [citation] = response.generative.citations
    assert (citation.uuid, citation.property, citation.quote) == (FIRST, "body", "rotates at once")
    assert (citation.start, citation.end, citation.quote_start, citation.quote_end) == (0, 19, 4, 19)
    assert citation.key == "film/1"
    metadata = response.generative.metadata
    assert (metadata.model, metadata.stop_reason, metadata.usage.input_tokens) == (GENERATION["model"], "end_turn", 90)
    assert (metadata.dropped_citations, metadata.citation_mode, metadata.latency_ms) == (1, "native", 640)
    assert [each.generated for each in response.objects] == ["Haut", None]
    assert (response.objects[0].generative.text, response.objects[1].generative) == ("Haut", None)
    assert (response.generation["calls"], response.total, response.objects[0].properties["title"]) == (2, 2, "Up")


def test_a_text_that_failed_has_its_error_and_a_warning_counts_them() -> None:
    server = Server(objects=[hit(FIRST, generated=FAILED), hit(SECOND, generated={"text": "Haut"})])

    with pytest.warns(UserWarning, match=r"1 of 2 texts could not be generated: model_throttled \(1\)"):
        response = server.collection.generate.bm25("a", single_prompt="Translate: {title}")

    failed = response.objects[0].generative
    assert (failed.text, failed.error.code, failed.error.status) == (None, "model_throttled", 429)
    assert response.objects[1].generative.error is None


def test_objects_in_groups_have_their_texts() -> None:
    group = {"value": "Up", "count": 1, "min_distance": None, "max_distance": None}
    server = Server(groups=[group | {"objects": [hit(FIRST, generated={"text": "Haut"})]}], generated=TEXT)
    group_by = GroupBy(prop="title", objects_per_group=1, number_of_groups=1)

    response = server.collection.generate.bm25("a", group_by=group_by, single_prompt="{title}", grouped_task="How?")

    assert response.groups["Up"].objects[0].generative.text == response.objects[0].generated == "Haut"
    assert response.objects[0].belongs_to_group == "Up"
    assert response.generative.text == "It rotates at once."


def test_a_request_that_was_paid_for_is_not_sent_again() -> None:
    server = Server()
    server.status = 503

    with pytest.raises(alto.errors.AltoError):
        server.collection.generate.bm25("a", grouped_task="Summarize.")

    assert len(server.asked) == 1


def test_a_collection_has_a_model_that_can_be_changed() -> None:
    made = {
        "name": "Film",
        "description": "",
        "properties": [],
        "vectors": {},
        "created": "2026-01-01T00:00:00Z",
        "updated": "2026-01-01T00:00:00Z",
        "generative": {"service": "bedrock", "model": "m"},
    }
    server = Server(**made)
    client = alto.AltoClient("http://localhost:1", transport=httpx.MockTransport(server))

    film = client.collections.create("Film", generative_config=Configure.Generative.aws_bedrock("m", "us-east-1"))
    film.config.update(generative_config=Reconfigure.Generative.aws_bedrock("n", "us-east-1"))

    first, second = (each["generative"] for each in server.asked)
    assert (first["model"], second["model"]) == ("m", "n")


@pytest.mark.parametrize(
    ("use", "alternative"),
    [
        (lambda _: GenerativeConfig.openai(), "aws_bedrock"),  # type: ignore[attr-defined]
        (lambda _: Configure.Generative.cohere(), "aws_bedrock"),  # type: ignore[attr-defined]
        (lambda _: GenerativeConfig.aws_bedrock(endpoint="https://example.com"), "aws_sagemaker"),
        (lambda _: GenerativeConfig.aws(service="sagemaker", model="m"), "endpoint"),
        (lambda _: GenerativeParameters.grouped_task("Describe.", images=["aaaa"]), "describe the images"),
        (lambda _: GenerativeParameters.single_prompt("Describe.", debug=True), "metadata"),
        (lambda films: films.generate.near_image("aaaa"), "near_vector"),
        (lambda films: films.generate.fetch_objects(after=FIRST, grouped_task="a"), "offset"),
    ],
)
def test_a_refusal_names_the_alternative(use: Any, alternative: str) -> None:
    with pytest.raises(AltoNotSupportedError, match=alternative):
        use(Server().collection)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda films: films.generate.bm25("a"), "give a task"),
        (lambda films: films.generate.bm25("a", grouped_task="a", generative_provider="nova"), "generative_provider"),
        (lambda _: GenerativeConfig.aws_sagemaker(endpoint="https://e/invocations"), "name of the SageMaker endpoint"),
    ],
)
def test_an_argument_that_cannot_be_right_is_refused(use: Any, message: str) -> None:
    with pytest.raises(AltoConfigurationError, match=message):
        use(Server().collection)


def test_a_keyword_that_does_not_exist_is_refused_with_the_nearest() -> None:
    with pytest.raises(TypeError, match="Did you mean 'grouped_task'"):
        Server().collection.generate.bm25("a", group_task="Summarize.")


def test_a_misspelt_vendor_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        GenerativeConfig.aws_bedrok()  # type: ignore[attr-defined]
