"""The tasks of a generation: keywords of `collection.generate` besides those of the search."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from alto.classes.generative import GenerativeProvider
from alto.classes.search_settings import (
    Bm25SearchSettings,
    FetchSettings,
    HybridSearchSettings,
    NearSearchSettings,
    NearTextSearchSettings,
    keywords_of,
)
from alto.errors import AltoConfigurationError
from alto.unsupported import ALTERNATIVES, raise_unsupported
from alto.values import expect, names_of


@dataclass(frozen=True, slots=True)
class SinglePrompt:
    """A prompt for each object: `{title}` stands for the object's title."""

    prompt: str


@dataclass(frozen=True, slots=True)
class GroupedTask:
    """A task over all objects found. `properties` are what the model reads; all texts if not given."""

    prompt: str
    properties: Sequence[str] | None = None


class GenerativeParameters:
    """Tasks with more than their text."""

    @staticmethod
    def single_prompt(
        prompt: str,
        *,
        image_properties: object = None,
        images: object = None,
        metadata: bool = False,  # noqa: ARG004 (it is always returned)
        debug: bool = False,
    ) -> SinglePrompt:
        """A prompt for each object. `.generative.metadata` is always there.

        Args:
            prompt: The prompt, with `{property}` for values.
            image_properties: Not supported.
            images: Not supported.
            metadata: Has no effect: always returned.
            debug: Not supported.
        """
        _refuse_images(images, image_properties)
        if debug:
            raise_unsupported("debug of GenerativeParameters", ALTERNATIVES["generative_debug"])
        return SinglePrompt(prompt)

    @staticmethod
    def grouped_task(
        prompt: str,
        *,
        non_blob_properties: Sequence[str] | None = None,
        image_properties: object = None,
        images: object = None,
        metadata: bool = False,  # noqa: ARG004 (it is always returned)
    ) -> GroupedTask:
        """A task over all objects. `.generative.metadata` is always there.

        Args:
            prompt: The prompt, with `{property}` for values.
            non_blob_properties: The properties that the model reads.
            image_properties: Not supported.
            images: Not supported.
            metadata: Has no effect: always returned.
        """
        _refuse_images(images, image_properties)
        return GroupedTask(prompt, non_blob_properties)


def _refuse_images(*given: object) -> None:
    if any(given):
        raise_unsupported("images in GenerativeParameters", ALTERNATIVES["generative_images"])


class GenerateSettings(TypedDict, total=False):
    """The keywords that all methods of `collection.generate` share."""

    single_prompt: str | SinglePrompt | None
    grouped_task: str | GroupedTask | None
    grouped_properties: str | Sequence[str] | None
    generative_provider: GenerativeProvider | None
    citations: bool | None


class NearTextGenerateSettings(NearTextSearchSettings, GenerateSettings, total=False):
    """Every keyword of `generate.near_text`."""


class NearGenerateSettings(NearSearchSettings, GenerateSettings, total=False):
    """Every keyword of `generate.near_vector` and `generate.near_object`."""


class Bm25GenerateSettings(Bm25SearchSettings, GenerateSettings, total=False):
    """Every keyword of `generate.bm25`."""


class HybridGenerateSettings(HybridSearchSettings, GenerateSettings, total=False):
    """Every keyword of `generate.hybrid`."""


class FetchGenerateSettings(FetchSettings, GenerateSettings, total=False):
    """Every keyword of `generate.fetch_objects`."""


def without_tasks(settings: Any) -> Any:
    """The keywords of the search alone."""
    known = keywords_of(GenerateSettings)
    return {name: value for name, value in settings.items() if name not in known}


def tasks_to_api(settings: Any) -> dict[str, Any]:
    """The keywords of the generation, as the API takes them. Raises `AltoConfigurationError` without a task."""
    single, grouped = settings.get("single_prompt"), settings.get("grouped_task")
    if single is None and grouped is None:
        raise AltoConfigurationError(
            "generate: give a task: single_prompt='Summarize: {title}' for each object, grouped_task='Summarize these' "
            "for all"
        )
    names = settings.get("grouped_properties")
    if isinstance(grouped, GroupedTask):
        names = names if names is not None else grouped.properties
    example = "GenerativeConfig.aws_bedrock(model='us.anthropic.claude-sonnet-4-5-20250929-v1:0')"
    provider = expect("generative_provider", settings.get("generative_provider"), GenerativeProvider, example)
    body = {
        "single_prompt": single.prompt if isinstance(single, SinglePrompt) else single,
        "grouped_task": grouped.prompt if isinstance(grouped, GroupedTask) else grouped,
        "properties": names_of(names),
        "citations": settings.get("citations"),
    }
    given = {name: value for name, value in body.items() if value is not None}
    return given | ({} if provider is None else provider.settings)
