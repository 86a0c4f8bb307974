"""Every way of searching, over five films whose right results are known."""

from typing import Any

from conformance.films import CHRISTMAS_FILMS, FILMS, collection, film_objects, store, titles, vectorizer
from conformance.scenario import Checks, Figures, SkippedError, Stage, expect
from infra.smoke import smoke_test

HOLIDAY = {"query": "A holiday film"}
# Where rerank models are offered differs from where the stage is.
RERANK = {"query": "a miser and three ghosts", "properties": ["title", "description"], "candidates": 5}


def smoke(stage: Stage) -> Figures:
    """The test that `make deploy` ends with."""
    return {"steps": smoke_test(stage.client)}


def search(stage: Stage) -> Figures:
    """Each mode and step finds what it should."""
    checks = Checks()
    with collection(stage, "Search", vectors={"default": vectorizer(stage)}) as name:
        store(stage, name)
        _modes(stage, name, checks)
        _steps(stage, name, checks)
    return checks.figures()


def _modes(stage: Stage, name: str, checks: Checks) -> None:
    carol = next(each for each in film_objects() if each["properties"]["title"] == "A Christmas Carol")
    with checks.check("bm25"):
        _expect_films(_search(stage, name, bm25={"query": "Christmas"}), CHRISTMAS_FILMS)
    with checks.check("near_text"):
        _expect_films(_search(stage, name, near_text=HOLIDAY, limit=2), CHRISTMAS_FILMS)
    with checks.check("near_object"):
        found = _search(stage, name, near_object={"id": carol["id"]}, limit=2)
        expect(titles(found)[0] == "A Christmas Carol", f"the object itself was expected first, not {titles(found)}")
    with checks.check("near_vector"):
        path = f"/v1/collections/{name}/objects/{carol['id']}?include_vectors=true"
        stored = stage.api.get(path).raise_for_status().json()["vectors"]["default"]
        found = _search(stage, name, near_vector={"vector": stored}, limit=1)
        expect(titles(found) == ["A Christmas Carol"], f"A Christmas Carol was expected, not {titles(found)}")
        expect(abs(found[0]["distance"]) < 1e-3, f"distance 0 was expected, not {found[0]['distance']}")
    for fusion in ("relative_score", "ranked"):
        with checks.check(f"hybrid, {fusion}"):
            _expect_films(_search(stage, name, hybrid=HOLIDAY | {"fusion": fusion}, limit=2), CHRISTMAS_FILMS)
    with checks.check("sort"):
        found = _search(stage, name, sort=[{"property": "year", "order": "descending"}], limit=1)
        expect(titles(found) == ["A Christmas Carol"], f"the newest film was expected, not {titles(found)}")


def _steps(stage: Stage, name: str, checks: Checks) -> None:
    with checks.check("filter"):
        older = {"property": "year", "operator": "less_than", "value": 1995}
        found = _search(stage, name, near_text=HOLIDAY, filter=older)
        _expect_films(found, {"The Shawshank Redemption", "The Godfather"})
    with checks.check("group_by"):
        body = {"near_text": HOLIDAY, "group_by": {"property": "year", "groups": 5, "objects_per_group": 1}}
        groups = stage.post(f"/v1/collections/{name}/search", body)["groups"]
        expect(len(groups) == len(FILMS), f"{len(FILMS)} groups were expected, not {len(groups)}")
    with checks.check("diversity"):
        # Vectors of candidates are packed by a script, which the domain has to allow.
        found = _search(stage, name, near_text=HOLIDAY, diversity={"balance": 1}, limit=2)
        _expect_films(found, CHRISTMAS_FILMS)
    with checks.check("aggregate"):
        body = {"properties": {"year": {"metrics": ["count", "max"]}}}
        counted = str(stage.post(f"/v1/collections/{name}/aggregate", body))
        expect("2009" in counted, f"the maximum 2009 was expected in {counted[:200]}")
    with checks.check("rerank"):
        if not stage.settings.rerank_models:
            raise SkippedError("the stage has no 'rerank_models'")
        asked = RERANK | {"model": stage.settings.rerank_models[0], "region": stage.settings.region}
        body = {"near_text": HOLIDAY, "rerank": asked, "limit": 1}
        response = stage.post(f"/v1/collections/{name}/search", body)
        expect(response["rerank"]["applied"], f"reranking was not applied: {response['rerank']}")
        expect(titles(response["objects"]) == ["A Christmas Carol"], f"not {titles(response['objects'])}")


def _search(stage: Stage, name: str, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.post(f"/v1/collections/{name}/search", body)["objects"]
    return found


def _expect_films(found: list[dict[str, Any]], wanted: set[str]) -> None:
    expect(set(titles(found)) == wanted, f"{sorted(wanted)} were expected, not {titles(found)}")
