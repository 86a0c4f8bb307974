"""Builders for tests: small collections and objects with nothing in them that a test does not name."""

from datetime import UTC, datetime
from typing import Any

from lambdas.collections.model import Collection, CollectionConfig

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

TITAN = {
    "vectorizer": "text2vec-aws",
    "service": "bedrock",
    "region": "us-east-1",
    "model": "amazon.titan-embed-text-v2:0",
    "dimensions": 256,
}
OWN = {"vectorizer": "none", "dimensions": 3}

FILM_PROPERTIES = [
    {"name": "title", "type": "text"},
    {"name": "description", "type": "text"},
    {"name": "year", "type": "int"},
]

FILMS = [
    {
        "title": "The Shawshank Redemption",
        "description": "A banker sentenced for life befriends a fellow convict and never gives up hope behind bars.",
        "year": 1994,
    },
    {
        "title": "The Godfather",
        "description": "The ageing head of a crime family hands his empire over to a son who wanted no part in it.",
        "year": 1972,
    },
    {
        "title": "The Dark Knight",
        "description": "A masked vigilante is pushed to his limits by a criminal who wants only chaos for his city.",
        "year": 2008,
    },
    {
        "title": "Jingle All the Way",
        "description": "On Christmas Eve a father races through packed shops for the toy that he promised his boy.",
        "year": 1996,
    },
    {
        "title": "A Christmas Carol",
        "description": "Three ghosts visit an old miser on the night before Christmas and teach him to be generous.",
        "year": 2009,
    },
]


def collection_config(**changes: Any) -> CollectionConfig:
    """A collection of films with one vector of the caller's own, unless told otherwise."""
    described = {"name": "Film", "properties": FILM_PROPERTIES, "vectors": {"default": OWN}}
    return CollectionConfig.model_validate(described | changes)


def collection(**changes: Any) -> Collection:
    """The same, as it exists."""
    config = collection_config(**changes)
    return Collection(**config.model_dump(), created=NOW, updated=NOW)
