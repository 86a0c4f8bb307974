"""Search and then texts: what is fetched, what is asked of the model, what is returned."""

import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from lambdas.aws.credentials import AwsCredentials
from lambdas.aws.http import HttpResponse
from lambdas.collections.model import Collection
from lambdas.deadline import Deadline
from lambdas.errors import AltoError, InvalidRequestError, ModelAccessDeniedError
from lambdas.generation.generator import Generator
from lambdas.generation.prompts import NOTHING_FOUND
from lambdas.generative_search.request import GenerateRequest
from lambdas.generative_search.response import GenerateResponse
from lambdas.generative_search.step import GenerativeSearcher
from lambdas.search.request import SearchRequest
from lambdas.search.response import Hit, HitGroup, SearchResponse
from lambdas.settings import GenerationLimits
from tests.builders import FILM_PROPERTIES, collection
from tests.generation_builders import CLAUDE, NOVA, Caller, cited, converse, refused, source

PROPERTIES: list[dict[str, Any]] = [
    *FILM_PROPERTIES,
    {"name": "genres", "type": "text[]"},
    {"name": "maker", "type": "object", "properties": [{"name": "name", "type": "text"}]},
]
FILMS = collection(properties=PROPERTIES, generative={"model": CLAUDE, "max_tokens": 100})
UP = Hit(id="up", properties={"title": "Up", "description": "A house flies. It lands.", "year": 2009}, score=0.9)
JAWS = Hit(id="jaws", properties={"title": "Jaws", "year": 1975}, score=0.8)
KEYS = AwsCredentials("AKIAVERYSECRET", "secretsecretsecret", "tokentokentoken")


THREADS = ThreadPoolExecutor(4)


class FoundHits:
    """A searcher that finds these hits, and keeps the search."""

    def __init__(self, *hits: Hit, groups: list[HitGroup] | None = None) -> None:
        self._hits = [] if groups else list(hits)
        self._groups = groups
        self.request: SearchRequest | None = None

    def search(self, _: Collection, request: SearchRequest, **__: Any) -> SearchResponse:
        self.request = request
        return SearchResponse(objects=self._hits, groups=self._groups, total=7, truncated=False, took_ms=3)


def run(
    caller: Caller, found: FoundHits, generate: dict[str, Any], into: Collection = FILMS, **search: Any
) -> GenerateResponse:
    generator = Generator(caller, executor=THREADS, clock=lambda: 1.0, sleep=lambda _: None)
    searcher: Any = found
    step = GenerativeSearcher(searcher, lambda: generator, "us-east-1", GenerationLimits())
    request = GenerateRequest.model_validate({"bm25": {"query": "x"}, "generate": generate} | search)
    return step.generate(into, request, deadline=Deadline.after(20), credentials=KEYS)


def dump(response: GenerateResponse) -> dict[str, Any]:
    return response.model_dump(mode="json", exclude_none=True)


def rejected(generate: dict[str, Any], into: Collection = FILMS, **search: Any) -> str:
    caller = Caller(converse("no"))
    with pytest.raises(InvalidRequestError) as caught:
        run(caller, FoundHits(UP), generate, into, **search)
    assert caller.calls == []
    return caught.value.message


def test_a_grouped_task_is_one_call_over_the_hits_with_checked_citations() -> None:
    caller = Caller(
        converse(
            cited("The house.", source("A house flies. ", 0, 3, 4, "up"), source("It sinks.", 0, 4, 5, "up")),
            tokens=(50, 4),
        )
    )

    assert dump(
        run(caller, FoundHits(UP.model_copy(update={"key": "film/up"}), JAWS), {"grouped_task": "What flies?"})
    ) == {
        "objects": [
            {"id": "up", "key": "film/up", "properties": UP.properties, "score": 0.9},
            {"id": "jaws", "properties": JAWS.properties, "score": 0.8},
        ],
        "generated": {
            "text": "The house.",
            "citations": [
                {
                    "id": "up",
                    "key": "film/up",
                    "property": "description",
                    "quote": "A house flies.",
                    "quote_start": 0,
                    "quote_end": 14,
                    "start": 0,
                    "end": 10,
                }
            ],
            "citation_mode": "native",
            "dropped_citations": 1,
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 50, "output_tokens": 4},
            "latency_ms": 0,
            "context": {
                "objects": 2,
                "shortened": 0,
                "left_out": 0,
                "duplicates": 0,
                "without_text": 0,
                "tokens": 18,
                "limit": 8000,
            },
        },
        "generation": {
            "model": CLAUDE,
            "service": "bedrock",
            "region": "us-east-1",
            "calls": 1,
            "failed": 0,
            "retries": 0,
            "throttled": 0,
            "usage": {"input_tokens": 50, "output_tokens": 4},
            "took_ms": 0,
        },
        "total": 7,
        "truncated": False,
        "took_ms": 3,
    }
    assert caller.bodies[0]["inferenceConfig"] == {"maxTokens": 100}
    assert caller.credentials == [KEYS]


def test_a_single_prompt_is_one_call_for_each_hit_with_its_values() -> None:
    def respond(body: dict[str, Any]) -> HttpResponse:
        task = body["messages"][0]["content"][0]["text"]
        return refused(400, "ValidationException", "bad") if "Jaws" in task else converse("Il vole.")

    caller = Caller(respond=respond)
    response = dump(run(caller, FoundHits(UP, JAWS), {"single_prompt": "Translate {title} of {year}"}))

    assert sorted(body["messages"][0]["content"][0]["text"] for body in caller.bodies) == [
        f'Translate <value property="title">{title}</value> of <value property="year">{year}</value>'
        for title, year in (("Jaws", 1975), ("Up", 2009))
    ]
    up, jaws = (each["generated"] for each in response["objects"])
    assert (up["text"], up["citation_mode"], up["citations"]) == ("Il vole.", "off", [])
    assert jaws["error"]["code"] == "model_refused_input"
    assert "text" not in jaws
    assert "generated" not in response
    assert response["generation"]["failed"] == 1


def test_both_tasks_are_done_in_one_request() -> None:
    caller = Caller(respond=lambda body: converse(body["messages"][0]["content"][-1]["text"]))

    response = run(caller, FoundHits(UP, JAWS), {"single_prompt": "One: {title}", "grouped_task": "All"})

    assert response.generated is not None
    assert response.generated.text == "All"
    assert [each.generated.text if each.generated else None for each in response.objects] == [
        'One: <value property="title">Up</value>',
        'One: <value property="title">Jaws</value>',
    ]
    assert response.generation.calls == 3


@pytest.mark.parametrize(
    ("generate", "has_passage"),
    [
        ({"single_prompt": "Summarize"}, True),
        ({"single_prompt": "Summarize {title}"}, False),
        ({"single_prompt": "Summarize {title}", "properties": ["description"]}, True),
    ],
)
def test_an_object_goes_along_unless_the_template_has_its_values(generate: dict[str, Any], has_passage: bool) -> None:
    caller = Caller(converse(cited("It flies.", source("A house flies.", 0, 0, 1))))

    response = run(caller, FoundHits(UP), generate)

    assert ("searchResult" in caller.bodies[0]["messages"][0]["content"][0]) is has_passage
    [hit] = response.objects
    assert hit.generated is not None
    assert (hit.generated.citation_mode, len(hit.generated.citations)) == (("native", 1) if has_passage else ("off", 0))


def test_the_texts_of_grouped_hits_are_in_their_groups() -> None:
    groups = [HitGroup(value=2009, count=1, objects=[UP]), HitGroup(value=1975, count=1, objects=[JAWS])]
    caller = Caller(respond=lambda body: converse(body["messages"][0]["content"][-1]["text"]))

    response = run(
        caller,
        FoundHits(groups=groups),
        {"single_prompt": "{title}"},
        group_by={"property": "year", "groups": 2, "objects_per_group": 1},
    )

    assert response.groups is not None
    assert [hit.generated.text for group in response.groups for hit in group.objects if hit.generated] == [
        '<value property="title">Up</value>',
        '<value property="title">Jaws</value>',
    ]


@pytest.mark.parametrize("hits", [[], [Hit(id="a", properties={"year": 1})]])
def test_no_model_is_called_when_there_is_nothing_to_read(hits: list[Hit]) -> None:
    caller = Caller(converse("no"))

    response = run(caller, FoundHits(*hits), {"grouped_task": "What flies?"})

    assert caller.calls == []
    assert response.generated is not None
    assert (response.generated.text, response.generated.stop_reason) == (NOTHING_FOUND, "no_hits")
    assert response.generation.calls == 0


def test_an_object_without_the_values_of_a_template_has_its_own_error() -> None:
    caller = Caller(converse("done"))

    response = run(caller, FoundHits(UP, JAWS), {"single_prompt": "Translate {description}"})

    assert [
        each.generated.error.code if each.generated and each.generated.error else "" for each in response.objects
    ] == [
        "",
        "no_text",
    ]
    assert len(caller.calls) == 1


def test_values_longer_than_the_context_are_an_error_of_their_object() -> None:
    long = Hit(id="long", properties={"title": "x " * 300})

    response = run(Caller(converse("done")), FoundHits(long), {"single_prompt": "{title}", "context_tokens": 100})

    assert response.objects[0].generated is not None
    assert response.objects[0].generated.error is not None
    assert response.objects[0].generated.error.code == "text_too_long"


def test_a_value_counts_as_often_as_the_template_names_it() -> None:
    caller, long = Caller(converse("done")), Hit(id="long", properties={"title": "word " * 100})

    once = run(caller, FoundHits(long), {"single_prompt": "{title}", "context_tokens": 200}).objects[0].generated
    often = (
        run(caller, FoundHits(long), {"single_prompt": "{title}" * 2_000, "context_tokens": 200}).objects[0].generated
    )

    assert once is not None
    assert often is not None
    assert often.error is not None
    assert (once.text, often.error.code, len(caller.calls)) == ("done", "text_too_long", 1)


def test_tags_of_values_count_too() -> None:
    caller, empty = Caller(converse("done")), Hit(id="short", properties={"title": "a"})

    text = run(caller, FoundHits(empty), {"single_prompt": "{title}" * 2_000, "context_tokens": 1_000}).objects[0]

    assert text.generated is not None
    assert text.generated.error is not None
    assert caller.calls == []


def test_long_prompts_count_for_each_call() -> None:
    settings = {"context_tokens": 1_000, "max_tokens": 100}

    message = rejected({"single_prompt": "{title}" + "x" * 19_000, "system": "y" * 20_000, **settings}, limit=100)

    assert "up to 1,085,300 tokens" in message


def test_a_context_without_space_for_a_sentence_is_an_error() -> None:
    long = Hit(id="long", properties={"title": "x" * 900})

    response = run(Caller(converse("no")), FoundHits(long), {"grouped_task": "What?", "context_tokens": 100})

    assert response.generated is not None
    assert response.generated.error is not None
    assert (response.generated.error.code, response.generated.text) == ("text_too_long", None)
    assert response.generation.failed == 1


def test_what_the_model_reads_is_fetched_and_not_returned() -> None:
    found = FoundHits(UP)

    response = run(
        Caller(converse("done")),
        found,
        {"single_prompt": "{title} {maker.name}", "properties": ["description"]},
        return_properties=["year"],
    )

    assert found.request is not None
    assert found.request.return_properties == ["year", "title", "maker", "description"]
    assert response.objects[0].properties == {"year": 2009}


def test_a_model_without_citations_is_asked_for_numbers() -> None:
    response = run(Caller(converse("A house [2].")), FoundHits(UP), {"grouped_task": "What flies?", "model": NOVA})

    assert response.generated is not None
    assert (response.generated.text, response.generated.citation_mode) == ("A house.", "prompted")
    assert [each.quote for each in response.generated.citations] == ["A house flies."]


def test_citations_can_be_switched_off() -> None:
    response = run(
        Caller(converse("A house [2].")),
        FoundHits(UP),
        {"grouped_task": "What flies?", "model": NOVA, "citations": False},
    )

    assert response.generated is not None
    assert (response.generated.text, response.generated.citation_mode) == ("A house [2].", "off")


@pytest.mark.parametrize(
    ("generate", "message"),
    [
        (
            {"single_prompt": "Translate {titel}"},
            "generate.single_prompt: 'titel' is not a property of 'Film'. These are: title, description, year, genres",
        ),
        ({"grouped_task": "What?", "properties": ["a"]}, "generate.properties: 'a' is not a property of 'Film'."),
        ({"grouped_task": "What?", "temperature": 0.5, "top_p": 0.5}, "generate.top_p: '"),
        ({"grouped_task": "What?", "service": "sagemaker"}, "generate.endpoint: 'endpoint' is missing"),
        ({"grouped_task": "What?", "context_tokens": 200_000, "max_tokens": 32_000}, ""),
    ],
)
def test_a_task_that_does_not_fit_is_refused_before_any_call(generate: dict[str, Any], message: str) -> None:
    if not message:
        generate["single_prompt"] = "{title}"
        message = "generate: the request has up to 2,552,022 tokens (calls x (prompt + context_tokens + max_tokens))"
    assert message in rejected(generate)


def test_more_calls_than_the_limit_are_refused() -> None:
    message = rejected({"single_prompt": "{title}", "grouped_task": "All"}, limit=100)

    assert "up to 101 calls of a model, and at most 100 are possible: lower limit" in message


def test_a_collection_without_a_model_needs_one_in_the_request() -> None:
    assert "generate.model: 'model' is missing" in rejected({"grouped_task": "What?"}, collection())


@pytest.mark.parametrize(
    ("generate", "message"),
    [
        ({}, "what shall the model write"),
        ({"single_prompt": " "}, r"single_prompt\n.*should match pattern"),
        ({"grouped_task": "x", "system": "\n"}, r"system\n.*should match pattern"),
        ({"grouped_task": "x" * 20_001}, "at most 20000 characters"),
        ({"grouped_task": "x", "external_id": "abc"}, "'external_id' cannot be sent"),
    ],
)
def test_a_request_says_what_the_model_shall_write(generate: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        GenerateRequest.model_validate({"bm25": {"query": "x"}, "generate": generate})


def test_missing_rights_are_an_error_of_the_request_if_nothing_was_written() -> None:
    with pytest.raises(ModelAccessDeniedError, match="Allow bedrock:InvokeModel on it"):
        run(Caller(refused(403, "AccessDeniedException")), FoundHits(UP, JAWS), {"single_prompt": "{title}"})


@pytest.mark.parametrize(
    ("generate", "error", "status"),
    [
        ({"model": "mistral.none-v1:0"}, "generate.model: The model 'mistral.none-v1:0' cannot be called", 400),
        ({"service": "sagemaker", "endpoint": "none"}, "generate.endpoint: The endpoint 'none' does not exist", 400),
        ({}, "cannot be called in us-east-1", 502),
    ],
)
def test_a_model_that_does_not_exist_is_a_mistake_of_whoever_names_it(
    generate: dict[str, Any], error: str, status: int
) -> None:
    with pytest.raises(AltoError) as caught:
        run(Caller(refused(404, "ResourceNotFoundException")), FoundHits(UP), {"grouped_task": "What?"} | generate)

    assert error in caught.value.message
    assert caught.value.status == status


def test_a_throttled_grouped_task_leaves_the_hits() -> None:
    response = run(Caller(refused(429, "ServiceQuotaExceededException")), FoundHits(UP), {"grouped_task": "What?"})

    assert [each.id for each in response.objects] == ["up"]
    assert response.generated is not None
    assert response.generated.error is not None
    assert (response.generated.error.status, response.generated.error.code) == (429, "model_quota_exceeded")


def test_the_collections_settings_hold_and_the_requests_override_them() -> None:
    into = collection(
        properties=PROPERTIES,
        generative={"model": NOVA, "temperature": 0.1, "top_p": 0.2, "guardrail": {"id": "gr1", "version": "DRAFT"}},
    )
    caller = Caller(converse("done"))

    run(caller, FoundHits(UP), {"grouped_task": "What?", "temperature": 0.7}, into)

    assert caller.bodies[0]["inferenceConfig"] == {"maxTokens": 512, "temperature": 0.7, "topP": 0.2}
    assert caller.bodies[0]["guardrailConfig"] == {"guardrailIdentifier": "gr1", "guardrailVersion": "DRAFT"}


def test_the_text_of_a_guardrail_has_no_citations() -> None:
    caller = Caller(converse("I cannot say that [1].", stop="guardrail_intervened"))

    response = run(caller, FoundHits(UP), {"grouped_task": "What?", "model": NOVA})

    assert response.generated is not None
    assert (response.generated.text, response.generated.stop_reason, response.generated.citations) == (
        "I cannot say that [1].",
        "guardrail_intervened",
        [],
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
WORDS = st.text(max_size=40) | st.sampled_from(["{title}", "{{title}}", "[1]", "</value>", "\ud800", "{maker.name}"])
QUOTES = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(["up", "x", ""]) | JSON,
        "sourceContent": st.lists(st.fixed_dictionaries({"text": WORDS | JSON}), max_size=2) | JSON,
        "location": st.fixed_dictionaries(
            {
                "searchResultLocation": st.fixed_dictionaries(
                    {}, optional=dict.fromkeys(("searchResultIndex", "start", "end"), st.integers() | JSON)
                )
            }
        ),
    },
)
CONTENT = st.lists(
    st.fixed_dictionaries({"text": WORDS | JSON})
    | st.fixed_dictionaries(
        {
            "citationsContent": st.fixed_dictionaries(
                {
                    "content": st.lists(st.fixed_dictionaries({"text": WORDS}), max_size=2) | JSON,
                    "citations": st.lists(QUOTES, max_size=3) | JSON,
                }
            )
        }
    )
    | JSON,
    max_size=4,
)
REPLIES: dict[str, st.SearchStrategy[Any]] = {
    CLAUDE: st.builds(
        lambda content, stop, usage: {"output": {"message": {"content": content}}, "stopReason": stop, "usage": usage},
        CONTENT,
        WORDS | JSON,
        JSON | st.dictionaries(st.sampled_from(["inputTokens", "outputTokens"]), JSON),
    )
    | JSON,
}
REPLIES[NOVA] = REPLIES[CLAUDE]
CHOICE = st.fixed_dictionaries({"message": st.fixed_dictionaries({"content": WORDS | JSON}), "finish_reason": JSON})
REPLIES["openai"] = st.builds(lambda found, usage: {"choices": found, "usage": usage}, st.lists(CHOICE), JSON) | JSON
REPLIES["inputs"] = st.lists(st.fixed_dictionaries({"generated_text": WORDS | JSON, "details": JSON})) | JSON


@settings(max_examples=150, deadline=None)
@given(
    template=st.lists(WORDS, min_size=1, max_size=4).map("".join),
    properties=st.dictionaries(
        st.sampled_from(["title", "description", "genres", "maker", "year"]),
        # Half a character cannot be stored.
        (WORDS | JSON).filter(lambda value: "\\ud800" not in json.dumps(value)),
    ),
    target=st.sampled_from([CLAUDE, NOVA, "openai", "inputs"]),
    data=st.data(),
)
def test_no_template_value_or_response_is_a_fault_or_shows_a_key(
    template: str, properties: dict[str, Any], target: str, data: st.DataObject
) -> None:
    body = data.draw(REPLIES[target])
    caller = Caller(HttpResponse(200, {}, json.dumps(body).encode()))
    hits = [Hit(id="x", properties=properties), UP]
    called = (
        {"model": target}
        if target in (CLAUDE, NOVA)
        else {"service": "sagemaker", "endpoint": "chat", "payload": target}
    )
    task = {"single_prompt": template, "grouped_task": template} | called
    try:
        response = run(caller, FoundHits(*hits), task)
    except ValidationError:
        assert not template.strip() or "\ud800" in template
        return
    except InvalidRequestError:
        # A template may name a property that does not exist.
        return

    text = response.model_dump_json()
    for secret in (KEYS.access_key, KEYS.secret_key, KEYS.session_token or ""):
        assert secret not in text
    check = [hit.generated for hit in response.objects] + [response.generated]
    for each in check:
        assert each is not None
        # A fault of the model is its own, and names itself.
        assert (
            each.error is None
            or each.error.code in {"model_answer_unusable", "model_unavailable"}
            or each.error.status < 500
        )
        for citation in each.citations:
            assert each.text is not None
            assert 0 <= citation.start < citation.end <= len(each.text)
            stored = next(hit.properties for hit in hits if hit.id == citation.id)
            value = stored[citation.property]
            value = value if citation.item is None else value[citation.item]
            if isinstance(value, str):
                assert value[citation.quote_start : citation.quote_end] == citation.quote


def test_every_step_that_fails_is_an_error_of_alto() -> None:
    makers: list[Callable[[], Any]] = [
        lambda: run(Caller(refused(500, "Odd")), FoundHits(UP), {"grouped_task": "x"}),
        lambda: run(Caller(HttpResponse(418, {}, b"\xff")), FoundHits(UP), {"grouped_task": "x"}),
        lambda: run(Caller(HttpResponse(200, {}, b"\xff")), FoundHits(UP), {"grouped_task": "x"}),
    ]
    for make in makers:
        assert make().generated.error is not None


def test_other_requests_do_not_load_what_generation_needs() -> None:
    code = (
        "import sys, lambdas.handlers.query; "
        "print(*sorted(name for name in sys.modules if name.startswith(('lambdas.generation.', 'lambdas.generative'))))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    # What a collection's settings are made of.
    assert done.stdout.split() == ["lambdas.generation.defaults", "lambdas.generation.settings"]
