"""Preflight of Bedrock's models: offered in the region, subscribed, and their quotas."""

import json
import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from infra.deployment.deployment import Clients
from infra.deployment.findings import OK, WARNING, Finding
from infra.settings.settings import Settings

# The names of models in quotas, which are listed by display name.
QUOTA_NAMES = {
    "amazon.titan-embed-text-v1": "Titan Text Embeddings",
    "amazon.titan-embed-text-v2:0": "Titan Text Embeddings V2",
    "cohere.embed-english-v3": "Cohere Embed English",
    "cohere.embed-multilingual-v3": "Cohere Embed Multilingual",
}
SUBSCRIBE = "An administrator invokes it once, which subscribes the account (docs/deploy.md, Access to models)"
BODIES = {
    "amazon.": {"inputText": "Alto"},
    "cohere.embed": {"texts": ["Alto"], "input_type": "search_query"},
    "cohere.rerank": {"query": "Alto", "documents": ["Alto"], "api_version": 2},
}


def check_models(clients: Clients, settings: Settings, *, call: bool) -> Iterator[Finding]:
    """A finding for each model and region of the stage. `call` also invokes each once, at a price below a cent."""
    for region in settings.regions_of_models:
        bedrock = clients("bedrock", region)
        offered = {each["modelId"] for each in bedrock.list_foundation_models()["modelSummaries"]}
        for model in (*settings.models, *settings.rerank_models, *settings.generative_models):
            if model.startswith("arn:") or model not in offered:
                yield from _missing(model, region, settings, clients)
                continue
            yield from _availability(bedrock, model, region)
            if call and model in settings.generative_models:
                yield from _converse(clients, model, region)
            elif call:
                yield from _invoke(clients, model, region)


def _missing(model: str, region: str, settings: Settings, clients: Clients) -> Iterator[Finding]:
    if model.startswith("arn:") or re.match(r"(us|us-gov|eu|apac|jp|au|ca|global)\.", model):
        yield Finding(OK, f"model {model}: a profile, not checked")
    elif len(settings.regions_of_models) == 1 or not _offered_elsewhere(model, region, settings, clients):
        yield Finding(
            WARNING, f"model {model} is not offered in {region}: calls fail with ValidationException. Remove it"
        )


def _offered_elsewhere(model: str, region: str, settings: Settings, clients: Clients) -> bool:
    others = [each for each in settings.regions_of_models if each != region]
    listed = (clients("bedrock", each).list_foundation_models()["modelSummaries"] for each in others)
    return any(each["modelId"] == model for models in listed for each in models)


def _availability(bedrock: Any, model: str, region: str) -> Iterator[Finding]:
    found = bedrock.get_foundation_model_availability(modelId=model)
    if found["authorizationStatus"] != "AUTHORIZED":
        yield Finding(
            WARNING, f"model {model} in {region}: the account is not authorized ({found['authorizationStatus']})"
        )
    elif found["agreementAvailability"]["status"] != "AVAILABLE":
        yield Finding(WARNING, f"model {model} in {region}: not subscribed yet. {SUBSCRIBE}")
    else:
        yield Finding(OK, f"model {model} in {region}: available")


def _invoke(clients: Clients, model: str, region: str) -> Iterator[Finding]:
    body = next((body for prefix, body in BODIES.items() if model.startswith(prefix)), None)
    if body is None:
        return
    try:
        clients("bedrock-runtime", region).invoke_model(modelId=model, body=json.dumps(body))
        yield Finding(OK, f"model {model} in {region}: invoked")
    except ClientError as error:
        yield Finding(WARNING, f"model {model} in {region} cannot be invoked with your identity: {error}")


def _converse(clients: Clients, model: str, region: str) -> Iterator[Finding]:
    """Write one token."""
    messages = [{"role": "user", "content": [{"text": "Alto"}]}]
    try:
        clients("bedrock-runtime", region).converse(modelId=model, messages=messages, inferenceConfig={"maxTokens": 1})
        yield Finding(OK, f"model {model} in {region}: has written a text")
    except ClientError as error:
        yield Finding(WARNING, f"model {model} in {region} cannot write with your identity: {error}")


def model_quotas(clients: Clients, settings: Settings) -> Iterator[Finding]:
    """Requests and tokens a minute of the stage's models, as an import meets them."""
    quotas: list[dict[str, Any]] = []
    pages = clients("service-quotas", settings.region).get_paginator("list_service_quotas")
    for page in pages.paginate(ServiceCode="bedrock"):
        quotas += page["Quotas"]
    for model in settings.models:
        name = QUOTA_NAMES.get(model)
        for each in quotas:
            rest = each["QuotaName"].partition(f" for {'Amazon ' if model.startswith('amazon') else ''}{name}")
            if name and rest[1] and not rest[2].strip() and "per minute" in each["QuotaName"]:
                yield Finding(OK, f"quota '{each['QuotaName']}': {each['Value']:g}")
