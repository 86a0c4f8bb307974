"""The model that reranks: what Alto has to know to call it. Pure."""

from typing import Literal, NamedTuple

# What Bedrock's Rerank API takes (botocore's model of bedrock-agent-runtime): characters of the query and of each
# text, and texts a call.
MAX_CHARACTERS = 32_000
MAX_TEXTS = 1_000

_PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"))


class RerankModel(NamedTuple):
    """A model on Bedrock, by its id or ARN, and the role with which it is called."""

    target: str
    region: str
    role_arn: str | None = None

    @property
    def service(self) -> Literal["bedrock"]:
        """Where all rerankers are."""
        return "bedrock"

    @property
    def arn(self) -> str:
        """The ARN, by which the Rerank API knows a model."""
        if self.target.startswith("arn:"):
            return self.target
        partition = next((name for prefix, name in _PARTITIONS if self.region.startswith(prefix)), "aws")
        return f"arn:{partition}:bedrock:{self.region}::foundation-model/{self.target}"

    @property
    def action(self) -> str:
        """The IAM actions that a call needs."""
        return "bedrock:InvokeModel (and bedrock:Rerank)"

    @property
    def input_limit(self) -> str:
        """How much text it takes, in words."""
        return f"{MAX_CHARACTERS:,} characters"

    @property
    def shortening(self) -> str:
        """How to shorten a text that is too long."""
        return "Name fewer or shorter 'properties' in 'rerank'."

    @property
    def load_settings(self) -> str:
        """The settings that lower the load."""
        return " (fewer 'candidates')"
