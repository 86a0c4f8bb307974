"""Documents through S3's event on the deployed stack: extract reads them, load stores their passages."""

import json
from typing import Any

import pytest

from benchmarks.document_files import DAMAGES, FORMATS, Section, Text, make, zip_of
from tests.e2e.conftest import Alto

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
    assert job["counts"] == {"read": 1, "loaded": 1, "unchanged": 0, "failed": 0}
    found = passages(manuals, name)
    assert len(found) == job["passages"] == 2
    assert [each["ordinal"] for each in found] == [0, 1]
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
    upload(manuals, "turbine.pdf", make(text, "pdf"))
    before, calls = passages(manuals, "turbine.pdf"), manuals.model_calls()
    changed = text._replace(sections=[text.sections[0], Section("Safety", ["Wear gloves near the turbine."])])

    job = upload(manuals, "turbine.pdf", make(changed, "pdf"))

    assert job["counts"]["loaded"] == 1
    after = passages(manuals, "turbine.pdf")
    assert manuals.model_calls() == calls + 1
    assert [each["text"] for each in after] == [before[0]["text"], "Wear gloves near the turbine."]
    assert len({each["document_version"] for each in after}) == 1


def test_a_deleted_document_takes_its_passages_with_it(manuals: Alto) -> None:
    upload(manuals, "pump.md", make(text_about("pump"), "md"))
    assert passages(manuals, "pump.md")

    version = manuals.s3.delete_object(Bucket=manuals.stack.bucket, Key=f"{COLLECTION}/pump.md")["VersionId"]
    from local.demo import import_id

    job = manuals.finished_import(import_id(manuals.stack.bucket, f"{COLLECTION}/pump.md", version))

    assert job["counts"]["loaded"] == 1
    assert passages(manuals, "pump.md") == []
