"""The request model of generative search: a search, and what a model writes from its objects. Pure."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from lambdas.collections.model import CollectionConfig
from lambdas.collections.properties import OBJECT_TYPES, property_at, property_paths
from lambdas.errors import InvalidRequestError
from lambdas.generation.config import GenerationModel, combine, list_problems, resolve_model
from lambdas.generation.context import Readable
from lambdas.generation.settings import GenerativeSettings, PromptText
from lambdas.generation.template import list_places
from lambdas.search.request import SearchRequest

MAX_READ = 50
EXAMPLE: Any = {
    "hybrid": {"query": "How do I rotate a key?"},
    "limit": 5,
    "generate": {"grouped_task": "How do I rotate a key?", "model": "amazon.nova-lite-v1:0"},
}

PropertyPath = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,99}(\.[A-Za-z][A-Za-z0-9_]{0,99}){0,4}$")
]


class Generate(GenerativeSettings):
    """The texts that a model writes: one for each object, one from all objects, or both."""

    single_prompt: PromptText | None = Field(
        default=None,
        description="One call for each object. `{title}` stands for the object's value of `title`; `{{title}}` is the "
        "text `{title}`. Without any, the object's `properties` go along.",
    )
    grouped_task: PromptText | None = Field(
        default=None, description="One call with the objects of the response as passages, best first."
    )
    properties: Annotated[list[PropertyPath], Field(min_length=1, max_length=MAX_READ)] | None = Field(
        default=None, description="The properties that the model reads, in this order; all text, if not given."
    )
    citations: bool = Field(
        default=True, description="Return the words of the objects that each statement rests on, checked."
    )

    @model_validator(mode="after")
    def _has_a_task(self) -> Self:
        if self.single_prompt is None and self.grouped_task is None:
            raise ValueError(
                "what shall the model write? Add single_prompt (for each object) or grouped_task (from all)"
            )
        return self

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of the model that the request has."""
        return self.model_dump(include=set(GenerativeSettings.model_fields), exclude_none=True)


class GenerateRequest(SearchRequest):
    """A search with exactly one of near_text, near_vector, near_object, bm25 and hybrid, or `sort`; and `generate`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    generate: Generate


def choose_model(collection: CollectionConfig, generate: Generate, own_region: str) -> GenerationModel:
    """Return the model to call. Raises `InvalidRequestError` for settings that do not fit together."""
    default = collection.generative.model_dump(exclude_none=True) if collection.generative else None
    settings = combine(default, generate.settings)
    for field, problem in list_problems(settings):
        raise InvalidRequestError.at(f"generate.{field}", problem)
    return resolve_model(settings, own_region)


def list_readable(collection: CollectionConfig, generate: Generate) -> list[Readable]:
    """Return the properties that go into passages. Raises `InvalidRequestError` for an unknown one."""
    if generate.properties is None and collection.documents is not None:
        # The other texts of a passage say where it is from.
        return [Readable(collection.documents.property, is_text=True)]
    if generate.properties is None:
        return [Readable(item.name, is_text=True) for item in collection.properties if item.is_text]
    return [_readable(collection, path, "generate.properties") for path in dict.fromkeys(generate.properties)]


def check_template(collection: CollectionConfig, template: str) -> list[str]:
    """Return the properties that a template names. Raises `InvalidRequestError` for an unknown one."""
    places = list_places(template)
    if len(places) > MAX_READ:
        raise InvalidRequestError.at("generate.single_prompt", f"names {len(places)} properties: at most {MAX_READ}")
    return [_readable(collection, path, "generate.single_prompt").path for path in places]


def list_top_level(paths: Sequence[str]) -> list[str]:
    """Return the properties of objects that have these paths, each once."""
    return list(dict.fromkeys(path.partition(".")[0] for path in paths))


def _readable(collection: CollectionConfig, path: str, field: str) -> Readable:
    item = property_at(collection.properties, path)
    if item is None:
        known = ", ".join(name for name, each in property_paths(collection.properties) if each.type not in OBJECT_TYPES)
        raise InvalidRequestError.at(
            field, f"'{path}' is not a property of '{collection.name}'. These are: {known[:1_000] or 'none'}"
        )
    return Readable(path, item.is_text)
