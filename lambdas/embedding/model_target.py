"""Who is called: what every call to a model of AWS has to know of it."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol


class HttpCall(NamedTuple):
    """A call of one of `SERVICES`, a POST, before it is known where that is. The path is percent-encoded."""

    service: str
    region: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Called(Protocol):
    """A model or an endpoint, with whose role it is called, and what its errors should say."""

    @property
    def service(self) -> Literal["bedrock", "sagemaker"]:
        """Which of the two runs it."""
        ...

    @property
    def region(self) -> str:
        """Where it is."""
        ...

    @property
    def target(self) -> str:
        """The model's identifier or the endpoint's name."""
        ...

    @property
    def role_arn(self) -> str | None:
        """The role to assume, if any."""
        ...

    @property
    def external_id(self) -> str | None:
        """What the role's trust asks for."""
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
        """What to do about a text that is too long: a sentence."""
        ...

    @property
    def load_settings(self) -> str:
        """The settings that lower the load, in brackets after a blank; nothing if there are none."""
        ...
