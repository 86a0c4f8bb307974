"""Documents through S3's event on the deployed stack: extract reads them, load stores their passages."""

import json
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from benchmarks.documents.corpus import questions, samples
from benchmarks.documents.files import DAMAGES, FORMATS, Section, Text, make, zip_of
from benchmarks.documents.runs import Bar
from local.demo import import_id
from tests.e2e.conftest import Alto
from tests.e2e.test_cli import run
from tests.examples import examples_of

COLLECTION = "Manual"
VECTORS = {
    "default": {
        "vectorizer": "text2vec-aws",
        "service": "bedrock",
        "region": "us-east-1",
        "model": "amazon.titan-embed-text-v2:0",
        "dimensions": 256,
    }
}


def text_about(topic: str) -> Text:
    paragraphs = [f"The {topic} must be cleaned every week.", f"Never open the {topic} while it is running."]
    return Text(f"About the {topic}", [Section("Care", paragraphs), Section("Parts", [f"A {topic} has nine screws."])])


@pytest.fixture(scope="module")
def manuals(alto: Alto) -> Alto:
    body = {
        "name": COLLECTION,
        "properties": [{"name": "year", "type": "int"}],
        "vectors": VECTORS,
        "documents": {"on_delete": "remove"},
    }
    response = alto.api.post("/v1/collections", json=body)
    assert response.status_code == 201, response.text
    return alto


def upload(alto: Alto, name: str, data: bytes) -> dict[str, Any]:
    return alto.finished_import(alto.upload(f"{COLLECTION}/{name}", data))


def passages(alto: Alto, document: str) -> list[dict[str, Any]]:
    where = {"property": "document", "operator": "equal", "value": document}
    found = alto.search(COLLECTION, filter=where, limit=50, sort=[{"property": "ordinal"}])
    return [each["properties"] for each in found]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_document_becomes_passages_that_say_where_they_are(manuals: Alto, kind: str) -> None:
    topic, name = f"engine {kind}", f"motors/{kind}.{kind}"
    manuals.s3.put_object(
        Bucket=manuals.stack.bucket, Key=f"{COLLECTION}/{name}.metadata.json", Body=json.dumps({"year": 1994})
    )

    job = upload(manuals, name, make(text_about(topic), kind))

    assert job["state"] == "completed", job
    # The event of the metadata file may come second, and then a job of its own has loaded the document before.
    counts = job["counts"]
    assert (counts["read"], counts["loaded"] + counts["unchanged"], counts["failed"]) == (1, 1, 0)
    stored = passages(manuals, name)
    assert [each["ordinal"] for each in stored] == list(range(job["passages"]))
    # Nothing shows that the header of a single page is none of its text.
    found = [each for each in stored if each.get("heading")]
    assert len(found) == 2
    assert {each["year"] for each in found} == {1994}
    assert "nine screws" in found[1]["text"]
    assert found[1]["heading"].lower().endswith("parts")
    assert found[0]["source"] == f"s3://{manuals.stack.bucket}/{COLLECTION}/{name}"
    assert found[1].get("page") == {"pdf": 1, "txt": 2}.get(kind)
    [best] = manuals.search(COLLECTION, hybrid={"query": f"screws of the {topic}"}, limit=1)
    assert best["properties"]["document"].endswith(kind)


def test_each_damaged_document_fails_with_a_sentence(manuals: Alto) -> None:
    files = {f"{name.replace(' ', '-')}.{kind}": made(text_about(name)) for name, (kind, made, _) in DAMAGES.items()}

    job = upload(manuals, "damaged.zip", zip_of(files | {"good.md": make(text_about("pump"), "md")}))

    assert job["state"] == "completed", job
    assert job["counts"] == {"read": len(DAMAGES) + 1, "loaded": 1, "unchanged": 0, "failed": len(DAMAGES)}
    lines = [json.loads(line) for line in manuals.read(job["error_file"]).splitlines()]
    messages = {line["record"]["document"]: line["message"] for line in lines}
    for name, (kind, _, word) in DAMAGES.items():
        assert word in messages[f"{name.replace(' ', '-')}.{kind}"]


def test_a_changed_document_replaces_its_passages_and_embeds_only_the_new_ones(manuals: Alto) -> None:
    text = text_about("turbine")
    upload(manuals, "turbine.md", make(text, "md"))
    before, calls = passages(manuals, "turbine.md"), manuals.model_calls()
    changed = text._replace(sections=[text.sections[0], Section("Safety", ["Wear gloves near the turbine."])])

    job = upload(manuals, "turbine.md", make(changed, "md"))

    assert job["counts"]["loaded"] == 1
    after = passages(manuals, "turbine.md")
    assert manuals.model_calls() == calls + 1
    assert [each["text"] for each in after] == [before[0]["text"], "Wear gloves near the turbine."]
    assert len({each["document_version"] for each in after}) == 1


def test_a_deleted_document_takes_its_passages_with_it(manuals: Alto) -> None:
    upload(manuals, "pump.md", make(text_about("pump"), "md"))
    assert passages(manuals, "pump.md")

    version = manuals.s3.delete_object(Bucket=manuals.stack.bucket, Key=f"{COLLECTION}/pump.md")["VersionId"]
    job = manuals.finished_import(import_id(manuals.stack.bucket, f"{COLLECTION}/pump.md", version))

    assert job["counts"]["loaded"] == 1
    assert passages(manuals, "pump.md") == []


def test_readers_never_see_some_of_both_versions(manuals: Alto) -> None:
    old = Text("Rules", [Section(f"Rule {number}", [f"Old rule {number}."]) for number in range(12)])
    new = Text("Rules", [Section(f"Rule {number}", [f"New rule {number}."]) for number in range(9)])
    upload(manuals, "rules.md", make(old, "md"))
    where = {"property": "document", "operator": "equal", "value": "rules.md"}
    views: set[tuple[int, ...]] = set()
    done = Event()

    def read() -> None:
        while not done.is_set():
            for body in ({"sort": [{"property": "ordinal"}]}, {"hybrid": {"query": "rule"}}):
                found = manuals.search(COLLECTION, filter=where, limit=50, **body)
                texts = [each["properties"]["text"] for each in found]
                views.add((sum("Old" in text for text in texts), sum("New" in text for text in texts)))

    reader = Thread(target=read)
    reader.start()
    try:
        upload(manuals, "rules.md", make(new, "md"))
    finally:
        done.set()
        reader.join()

    assert views <= {(12, 0), (0, 9)}
    assert (12, 0) in views
    assert [each["text"] for each in passages(manuals, "rules.md")] == [f"New rule {number}." for number in range(9)]


def test_hits_have_the_passages_around_them(manuals: Alto) -> None:
    text = Text("Steps", [Section(f"Step {number}", [f"Turn the wheel {number} times."]) for number in range(5)])
    upload(manuals, "steps.pdf", make(text, "pdf"))
    where = {"property": "document", "operator": "equal", "value": "steps.pdf"}

    [hit] = manuals.search(COLLECTION, bm25={"query": "2"}, filter=where, limit=1, context=1)

    assert [each["properties"]["text"] for each in hit["context"]] == [
        "Turn the wheel 1 times.",
        "Turn the wheel 3 times.",
    ]


def test_the_tutorial_works_as_it_is_written(alto: Alto, tmp_path: Path) -> None:
    [steps] = examples_of("docs/documents.md", "sh")
    travel = Text("Travel", [Section("Receipts", ["Receipts are kept for ten years.", "Send them to Finance."])])
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "travel.pdf").write_bytes(make(travel, "pdf"))
    (tmp_path / "handbook" / "travel.pdf.metadata.json").write_text('{"department": "Finance"}')
    (tmp_path / "handbook" / "rules.docx").write_bytes(make(text_about("kettle"), "docx"))

    done = run(alto, tmp_path, steps)

    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout[done.stdout.index("\n{") :])
    [first, *_] = answer["generated"]["citations"]
    assert (first["document"], first["page"]) == ("travel.pdf", 1)
    assert "ten years" in first["quote"]


def test_the_benchmark_of_documents_loads_and_finds_them(alto: Alto) -> None:
    documents = [sample for sample in samples(10) if sample.kind == "md" and sample.damage is None][:1]
    bar = Bar(alto.api, alto.s3, alto.stack.bucket, "Benchmanual")
    bar.create()

    loaded, asked = bar.load(documents), bar.ask(questions(documents, 2))

    assert (loaded["wrong"], loaded["counts"]["loaded"]) == ([], len(documents))
    assert asked["questions"] == 2
