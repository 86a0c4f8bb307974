"""Texts from objects, through the functions and the emulator: many calls at once, and what becomes of failures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import alto
from local.emulator import Emulator
from tests.api import Api
from tests.api_server import ApiServer

WRITER = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
COUNT = 40


@pytest.fixture(scope="module")
def films(api: Api) -> Iterator[str]:
    """Forty objects, with vectors of their own: no model but the writer is called."""
    name = f"Written{uuid4().hex[:8]}"
    body = {
        "name": name,
        "properties": [{"name": "title", "type": "text"}, {"name": "number", "type": "int"}],
        "vectors": {"default": {"vectorizer": "none", "dimensions": 2}},
        "generative": {"model": WRITER},
    }
    assert api("POST", "/v1/collections", body).status == 201
    objects = [
        {"properties": {"title": f"Film number {place}", "number": place}, "vectors": {"default": [1.0, place]}}
        for place in range(COUNT)
    ]
    path = f"/v1/collections/{name}/objects/batch"
    assert api("POST", path, {"objects": objects}, query={"consistency": "wait"}).body["failed"] == 0
    yield name
    api("DELETE", f"/v1/collections/{name}")


@pytest.fixture
def model(emulator: Emulator) -> Iterator[Emulator]:
    emulator.reset()
    yield emulator
    emulator.reset()


def write(api: Api, collection: str, limit: int) -> Any:
    body = {"limit": limit, "sort": [{"property": "number"}], "generate": {"single_prompt": "Describe: {title}."}}
    answer = api("POST", f"/v1/collections/{collection}/generate", body)
    assert answer.status == 200, answer.body
    return answer.body


def test_forty_texts_take_less_than_three_calls(api: Api, films: str, model: Emulator) -> None:
    model.faults(latency_ms=80)
    write(api, films, COUNT)  # connections are made

    # The best of a few: what else the machine does is not part of the ratio.
    one = min(write(api, films, 1)["generation"]["took_ms"] for _ in range(5))
    forty = min(write(api, films, COUNT)["generation"]["took_ms"] for _ in range(5))

    assert one >= 80
    assert forty < 3 * one


def test_throttles_and_failures_lose_no_text_without_saying_so(api: Api, films: str, model: Emulator) -> None:
    # 400 that calls get at random cannot be repeated away; 429 can.
    model.faults(rates={"429": 0.2, "400": 0.05}, seed=3)

    found = write(api, films, COUNT)

    refused = model.counters()["errors"]["ValidationException"]
    texts = [each["generated"] for each in found["objects"]]
    failed = [each for each in texts if each.get("error")]
    written = [each["generated"]["text"] for each in found["objects"] if not each["generated"].get("error")]
    named = [each["properties"]["title"] for each in found["objects"] if not each["generated"].get("error")]
    assert len(texts) == COUNT
    assert len(failed) == refused == found["generation"]["failed"] > 0
    assert all(title in text for title, text in zip(named, written, strict=True))
    assert found["generation"]["throttled"] > 0


def test_a_failure_is_of_its_object_only(api: Api, films: str, model: Emulator) -> None:
    model.faults(texts={"number 7<": "424"})

    found = write(api, films, COUNT)

    failed = [each["properties"]["number"] for each in found["objects"] if each["generated"].get("error")]
    assert failed == [7]


def test_a_quote_that_is_in_no_object_is_dropped_and_counted(api: Api, films: str, model: Emulator) -> None:
    model.faults(rates={"false_citation": 1.0})
    body = {"bm25": {"query": "Film"}, "limit": 5, "generate": {"grouped_task": "Describe the films."}}

    generated = api("POST", f"/v1/collections/{films}/generate", body).body["generated"]

    assert generated["citations"] == []
    assert generated["dropped_citations"] > 0


@pytest.mark.parametrize(("name", "payload"), [("chat-llama", None), ("tgi-llama", "inputs")], ids=["openai", "inputs"])
def test_a_sagemaker_endpoint_cites_by_numbers(
    api: Api, films: str, model: Emulator, name: str, payload: str | None
) -> None:
    settings = {"service": "sagemaker", "endpoint": name} | ({"payload": payload} if payload else {})
    body = {"limit": 3, "bm25": {"query": "Film"}, "generate": {"grouped_task": "Describe the films."} | settings}

    answer = api("POST", f"/v1/collections/{films}/generate", body)

    generated = answer.body["generated"]
    assert generated["citation_mode"] == "prompted"
    assert [each["quote"] for each in generated["citations"]] == [
        generated["text"][each["start"] : each["end"]].strip() for each in generated["citations"]
    ]
    assert len(generated["citations"]) == 3
    assert "[" not in generated["text"]
    del model


def test_the_command_line_shows_a_text_with_its_sources(
    api: Api, films: str, model: Emulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from alto.cli.main import app

    with ApiServer(api) as server:
        url = f"http://127.0.0.1:{server.port}"
        arguments = ["ask", films, "Describe film number 3.", "--mode", "bm25", "--url", url]
        done = CliRunner().invoke(app, [*arguments, "--limit", "1"])
        as_json = CliRunner().invoke(app, [*arguments, "--json"])

    lines = done.stdout.splitlines()
    assert lines[0] == "Film number 3 [1]"
    assert lines[1].split("\t")[2:] == ["title", "Film number 3"]
    assert json.loads(as_json.stdout)["generated"]["text"]
    del model, capsys, tmp_path


def test_the_client_writes_texts_of_each_object_and_of_all(api: Api, films: str, model: Emulator) -> None:
    with ApiServer(api) as server, alto.connect_to_local(port=server.port) as client:
        found = client.collections.use(films).generate.fetch_objects(
            limit=2, single_prompt="Describe: {title}.", grouped_task="Describe these."
        )

    assert [each.generative and each.generative.text for each in found.objects] == [
        each.properties["title"] for each in found.objects
    ]
    assert found.generative is not None
    assert {each.uuid for each in found.generative.citations} == {each.uuid for each in found.objects}
    assert found.generative.metadata.model == WRITER
    del model
