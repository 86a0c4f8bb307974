"""The OpenSearch client: signed with the function's own role."""

from lambdas.aws.http import HttpAnswer
from lambdas.aws.signing import HttpRequest
from lambdas.invocation import current
from lambdas.opensearch import OpenSearch
from lambdas.settings import EngineSettings
from lambdas.wiring.aws import Aws

_HEADERS = {"Content-Type": "application/json"}
_SERVICE = "es"


def connect(settings: EngineSettings, aws: Aws) -> OpenSearch:
    """A client for the domain, or for whatever else speaks its protocol at that URL."""

    def send(method: str, target: str, body: bytes, timeout_seconds: float) -> HttpAnswer:
        url = settings.opensearch_url + target
        request = HttpRequest(method, url, _HEADERS, body, _SERVICE, settings.region)
        return aws.http.send(request, aws.own(), timeout_seconds)

    return OpenSearch(
        send, time_left=current.remaining, waited=lambda seconds: current.add("EngineTime", 1000 * seconds)
    )
