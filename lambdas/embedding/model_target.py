"""The model or endpoint that a call is for, and the call before it is addressed and signed."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol


class HttpCall(NamedTuple):
    """A call of one of `SERVICES`, a POST, before it is known where that is. The path is percent-encoded."""

    service: str
    region: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class ModelTarget(Protocol):
    """A model or an endpoint, the role that it is called with, and the words for its errors."""

    @property
    def service(self) -> Literal["bedrock", "sagemaker"]:
        """The service that runs it."""
        ...

    @property
    def region(self) -> str:
        """The region of the model."""
        ...

    @property
    def target(self) -> str:
        """The model's identifier or the endpoint's name."""
        ...

    @property
    def role_arn(self) -> str | None:
        """The role to assume, if any: one of the stage's."""
        ...

    @property
    def action(self) -> str:
        """The IAM actions that a call needs, in words."""
        ...

    @property
    def input_limit(self) -> str:
        """How much text it takes, in words."""
        ...

    @property
    def shortening(self) -> str:
        """A sentence: how to shorten a text that is too long."""
        ...

    @property
    def load_settings(self) -> str:
        """The settings that lower the load, in brackets after a blank; nothing if there are none."""
        ...
