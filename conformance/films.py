"""Five films whose right results are known, and the collection that they are in."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import httpx

from conformance.scenario import NotMetError, SkippedError, Stage

FILMS = {
    "The Shawshank Redemption": "A banker, jailed for a murder he denies, keeps hope alive and digs his way out.",
    "The Godfather": "The ageing head of a mafia family hands his empire to the son who wanted no part of it.",
    "The Dark Knight": "A masked vigilante faces a criminal mastermind who wants to plunge his city into chaos.",
    "Jingle All the Way": "On Christmas Eve a father races across town for the one toy his son wants from Santa.",
    "A Christmas Carol": "On the night before Christmas three spirits show a miser what his greed has cost him.",
}
CHRISTMAS_FILMS = {"Jingle All the Way", "A Christmas Carol"}
YEARS = dict(zip(FILMS, (1994, 1972, 2008, 1996, 2009), strict=True))
PROPERTIES = [
    {"name": "title", "type": "text"},
    {"name": "description", "type": "text"},
    {"name": "year", "type": "int"},
]


def film_objects() -> list[dict[str, Any]]:
    """The films as objects, with ids that never change."""
    return [
        {
            "id": str(uuid5(NAMESPACE_URL, title)),
            "properties": {"title": title, "description": text, "year": YEARS[title]},
        }
        for title, text in FILMS.items()
    ]


def vectorizer(stage: Stage, **more: Any) -> dict[str, Any]:
    """A vector of the stage's first model, best one that takes batch jobs. Skips a stage without models."""
    models = (*stage.settings.batch_models, *stage.settings.models)
    if not models:
        raise SkippedError("the stage has no 'models'")
    return {
        "vectorizer": "text2vec-aws",
        "service": "bedrock",
        "region": stage.settings.region,
        "model": models[0],
    } | more


@contextmanager
def collection(stage: Stage, kind: str, **more: Any) -> Iterator[str]:
    """A collection of its own for a scenario; it is deleted at the end."""
    name = f"Conformance{kind}{uuid4().hex[:8]}"
    stage.post("/v1/collections", {"name": name, "properties": PROPERTIES, **more})
    try:
        yield name
    finally:
        # The error of the scenario is more useful than one of this deletion.
        with suppress(httpx.HTTPError):
            stage.api.delete(f"/v1/collections/{name}")


def store(stage: Stage, name: str) -> None:
    """Store the films, to be found at once."""
    result = stage.post(f"/v1/collections/{name}/objects/batch?consistency=wait", {"objects": film_objects()})
    if result["failed"]:
        raise NotMetError(f"{result['failed']} of {len(FILMS)} films were not stored: {str(result)[:300]}")


def titles(found: list[dict[str, Any]]) -> list[str]:
    """The titles of hits, in order."""
    return [each["properties"]["title"] for each in found]
