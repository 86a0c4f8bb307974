"""Bedrock runtime: from the identifier in the path to a model family, and what every family has in common."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from local.emulator.errors import body_too_large, invalid, malformed
from local.emulator.families import FAMILIES, Family, Work, render_cohere_list
from local.emulator.text.models import BY_ID, TextModel

BODY_LIMIT = 25_000_000
_PROFILE_PREFIX = re.compile(r"^(us|us-gov|eu|apac|jp|au|ca|global)\.(?=\w+\.)")
_ARN = re.compile(r"^arn:aws(?:-[\w-]+)?:bedrock:[a-z0-9-]+:(\d{12})?:(foundation-model|inference-profile)/(.+)$")


class Bedrock:
    """The models, by every identifier that InvokeModel accepts.

    profiles: ARNs of application inference profiles, each to the model id behind it. cohere_v4_list: Cohere v4 responds
    a list of vectors, not the form by type. Raises ValueError for a profile of a model that is not here.
    """

    def __init__(self, profiles: Mapping[str, str] | None = None, *, cohere_v4_list: bool = False) -> None:
        self._profiles = dict(profiles or {})
        self._families: dict[str, Family] = {}
        for family in FAMILIES:
            listed = cohere_v4_list and family.name == "cohere-v4"
            row = replace(family, render=render_cohere_list) if listed else family
            self._families |= dict.fromkeys(family.ids, row)
        for arn, model in self._profiles.items():
            if self.model_id(arn) not in {**self._families, **BY_ID}:
                known = ", ".join((*self._families, *BY_ID))
                raise ValueError(f"The profile {arn} names {model!r}, which is not a model here: {known}.")

    def model_id(self, identifier: str) -> str:
        """The foundation model's id behind an id, an inference profile's id, or an ARN of either."""
        named = self._profiles.get(identifier, identifier)
        found = _ARN.match(named)
        return _PROFILE_PREFIX.sub("", found[3] if found else named)

    def family(self, identifier: str) -> Family:
        """Raises ServiceError as AWS does for an identifier it does not know."""
        family = self._families.get(self.model_id(identifier))
        if family is None:
            raise invalid("The provided model identifier is invalid.")
        return family

    def text_model(self, identifier: str) -> TextModel:
        """Raises ServiceError as AWS does for an identifier it does not know, or a model that writes no text."""
        model_id = self.model_id(identifier)
        if model_id in self._families:
            raise invalid("The action or operation requested is invalid. Verify that the model supports Converse.")
        model = BY_ID.get(model_id)
        if model is None:
            raise invalid("The provided model identifier is invalid.")
        return model


def read_body(headers: Mapping[str, str], body: bytes) -> Any:
    """The JSON value of an InvokeModel request. headers: names in lower case."""
    if headers.get("content-type", "application/json").partition(";")[0].strip() != "application/json":
        raise invalid("The Content Type provided is invalid or not supported for this model.")
    if headers.get("accept", "*/*").partition(";")[0].strip() not in ("*/*", "application/json"):
        raise invalid("The Accept Type provided is invalid or not supported for this model.")
    if len(body) > BODY_LIMIT:
        raise invalid(body_too_large(BODY_LIMIT))
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise malformed() from error


def response_headers(work: Work) -> dict[str, str]:
    return {"x-amzn-bedrock-input-token-count": str(work.tokens)}
