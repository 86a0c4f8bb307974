"""How a SageMaker endpoint is asked for vectors."""

from urllib.parse import quote

from lambdas.embedding.config import Text2VecAws
from lambdas.embedding.model_target import HttpCall


def invoke_endpoint(config: Text2VecAws, body: bytes) -> HttpCall:
    """InvokeEndpoint, sent to the model, variant or inference component that the configuration names."""
    optional = {
        "X-Amzn-SageMaker-Target-Model": config.target_model,
        "X-Amzn-SageMaker-Target-Variant": config.target_variant,
        "X-Amzn-SageMaker-Inference-Component": config.inference_component,
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    headers |= {name: value for name, value in optional.items() if value is not None}
    return HttpCall(
        "sagemaker-runtime", config.region, f"/endpoints/{quote(config.target, safe='')}/invocations", headers, body
    )
