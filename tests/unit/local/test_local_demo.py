import io
import re

import httpx
import pytest
from rich.console import Console

from local.demo import LAST_QUESTION, MODES, QUESTIONS, Demo, ImportProgress, import_id, next_step
from local.errors import LocalStackError
from tests.examples import examples_of
from tests.unit.local.test_local_running import RUNNING


def demo_with(**responses: list[httpx.Response]) -> tuple[Demo, io.StringIO]:
    """A demo against prepared responses, by method; the last one of each is given again and again."""

    def response(request: httpx.Request) -> httpx.Response:
        prepared = responses[request.method.lower()]
        return prepared.pop(0) if len(prepared) > 1 else prepared[0]

    output = io.StringIO()
    api = httpx.Client(base_url=RUNNING.url, transport=httpx.MockTransport(response))
    return Demo(RUNNING, Console(file=output, width=120), api), output


def job(
    state: str, read: int, loaded: int, *, errors: tuple[str, ...] = (), reason: str | None = None, unchanged: int = 0
) -> httpx.Response:
    counts = {"read": read, "loaded": loaded - unchanged, "unchanged": unchanged, "failed": read - loaded}
    return httpx.Response(200, json={"state": state, "counts": counts, "errors": errors, "reason": reason})


NO_JOB_YET = httpx.Response(404, json={"error": {"code": "import_not_found"}})


def test_the_job_id_is_known_to_whoever_uploaded_the_file() -> None:
    # uuid5 of the URL name space, written down: Alto and every client must agree on it for ever.
    assert import_id("imports", "AwsOperation/a.jsonl", "v1") == "899e75cf-5164-55b3-bbe9-dd5b8b766672"


def test_an_import_is_followed_until_it_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.demo.SECONDS_BETWEEN_LOOKS", 0)
    stages = [NO_JOB_YET, job("splitting", 0, 0), job("loading", 50, 50), job("completed", 100, 100)]
    demo, output = demo_with(get=stages)

    demo._follow("1", 100)

    assert "50 of 100" in output.getvalue()
    assert "100 objects are searchable" in output.getvalue()


def test_a_failed_import_ends_in_its_own_reason() -> None:
    demo, _ = demo_with(get=[job("failed", 0, 0, reason="collection AwsOperation does not exist")])

    with pytest.raises(LocalStackError, match=r"ended as 'failed'(?s:.*)AwsOperation does not exist"):
        demo._follow("1", 100)


def test_an_import_that_lost_records_is_no_success() -> None:
    demo, _ = demo_with(get=[job("completed", 100, 98, errors=("line 7: no JSON",))])

    with pytest.raises(LocalStackError, match=r"'loaded': 98(?s:.*)for 100 records(?s:.*)line 7"):
        demo._follow("1", 100)


def test_a_question_is_answered_side_by_side() -> None:
    hit = {"properties": {"service": "kms", "operation": "RotateKeyOnDemand"}}
    demo, output = demo_with(post=[httpx.Response(200, json={"objects": [hit], "took_ms": 4})])

    demo._ask("how do I rotate an encryption key")

    shown = output.getvalue()
    assert shown.count("kms:RotateKeyOnDemand") == 3
    assert all(mode in shown for mode in ("bm25", "near_text", "hybrid"))


def test_an_unexpected_response_is_shown_as_it_is() -> None:
    demo, _ = demo_with(post=[httpx.Response(400, json={"error": {"code": "invalid_request"}})])

    with pytest.raises(LocalStackError, match=r"POST /v1/collections returned 400(?s:.*)invalid_request"):
        demo._create_collection(fresh=False)


def test_progress_without_a_terminal_is_a_line_for_every_tenth() -> None:
    output = io.StringIO()

    with ImportProgress(Console(file=output), 1_000) as progress:
        for read in range(0, 1_001, 20):
            progress.show(read, "loading")

    assert len(output.getvalue().splitlines()) == 10


def test_a_text_is_shown_with_the_titles_of_its_sources() -> None:
    hit = {"id": "1", "properties": {"title": "KMS: Rotate Key On Demand"}}
    citation = {"id": "1", "property": "documentation", "quote": "Rotates it.", "start": 0, "end": 11}
    generated = {"text": "Rotates it.", "citations": [citation]}
    demo, output = demo_with(post=[httpx.Response(200, json={"objects": [hit], "generated": generated})])

    demo._show_text("how do I rotate a key?")

    assert "Rotates it. [1]" in output.getvalue()
    assert "[1] KMS: Rotate Key On Demand (documentation of 1)" in output.getvalue()


def test_a_text_that_failed_ends_the_demo() -> None:
    generated = {"error": {"code": "model_throttled"}}
    demo, _ = demo_with(post=[httpx.Response(200, json={"objects": [], "generated": generated})])

    with pytest.raises(LocalStackError, match="model_throttled"):
        demo._show_text("how do I rotate a key?")


def test_the_readme_shows_what_the_demo_asks() -> None:
    [printed] = examples_of("README.md", "console")

    assert set(re.findall(r'^"(.*?)"', printed, re.MULTILINE)) <= {*QUESTIONS, LAST_QUESTION}
    assert re.findall(r"(\w+) \(\d+ ms\)", printed) == list(MODES)


@pytest.mark.parametrize("stays", [True, False])
def test_the_demo_ends_with_the_way_to_the_console(*, stays: bool) -> None:
    text = next_step(RUNNING, stays=stays)

    assert f"alto ui --url {RUNNING.url}" in text
    assert ("make up" in text) is not stays
