"""How Bedrock is asked for vectors."""

from urllib.parse import quote

from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.model_target import HttpCall

_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


def invoke_model(config: Text2VecAws, body: bytes) -> HttpCall:
    """InvokeModel. The model may be an ARN, whose colons and slashes are part of one path segment."""
    path = f"/model/{quote(config.target, safe='')}/invoke"
    return HttpCall("bedrock-runtime", config.region, path, _JSON, body)
