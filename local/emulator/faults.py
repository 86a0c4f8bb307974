"""Scripted trouble: which call fails, how, and how long every call takes. No clock and no I/O of its own."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from local.emulator.errors import ServiceError

Service = Literal["bedrock", "sagemaker"]

THROTTLED = "ThrottlingException"
SLOW, DROPPED, MALFORMED, ERROR_IN_BODY = "slow", "dropped", "malformed", "error_in_body"
# Only of Converse: quotes that no source has.
FALSE_CITATION = "false_citation"
STRANGE = (
    SLOW,
    DROPPED,
    MALFORMED,
    ERROR_IN_BODY,
    FALSE_CITATION,
)  # not an error status: they spoil or delay the response

# kind: status, message, and the code that SageMaker uses where it has its own
ERRORS: dict[str, tuple[int, str, str]] = {
    THROTTLED: (429, "Too many requests, please wait before trying again.", THROTTLED),
    "ModelNotReadyException": (429, "Model is not ready for inference.", "ModelNotReadyException"),
    "InternalServerException": (
        500,
        "The system encountered an unexpected error during processing.",
        "InternalFailure",
    ),
    "ServiceUnavailableException": (503, "Bedrock is unable to process your request.", "ServiceUnavailable"),
    "ModelTimeoutException": (408, "Model has timed out in processing the request.", "ModelTimeoutException"),
    "ModelErrorException": (424, "The model returned an error while processing the request.", "ModelError"),
    "AccessDeniedException": (
        403,
        "You don't have access to the model with the specified model ID.",
        "AccessDeniedException",
    ),
    "ValidationException": (400, "The request was refused by a scripted fault.", "ValidationError"),
    "ServiceQuotaExceededException": (
        400,
        "Your request exceeds the service quota for your account.",
        "ServiceQuotaExceededException",
    ),
    "ResourceNotFoundException": (404, "Could not resolve the foundation model.", "ResourceNotFoundException"),
    "ExpiredTokenException": (403, "The security token included in the request is expired", "ExpiredTokenException"),
}
BY_STATUS = {
    "429": THROTTLED,
    "500": "InternalServerException",
    "503": "ServiceUnavailableException",
    "408": "ModelTimeoutException",
    "424": "ModelErrorException",
    "403": "AccessDeniedException",
    "400": "ValidationException",
    "404": "ResourceNotFoundException",
}


BATCH_ENDS = ("Completed", "PartiallyCompleted", "Failed", "Expired")


@dataclass(frozen=True)
class BatchPlan:
    """The fate of batch jobs that are created while the plan is in force.

    seconds: how long a job takes. checks: how often it is shown under way before it may end, however long that takes.
    end: the state in which it ends, with this message. done: how many records a job that
    is PartiallyCompleted has time for. refused: the code of the error that CreateModelInvocationJob returns.
    texts: a part of a text to the kind that a record with such a text gets, as in FaultPlan but in batch jobs only.
    """

    seconds: float = 0.0
    checks: int = 0
    end: str = "Completed"
    message: str = ""
    done: int = 0
    refused: str | None = None
    texts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, document: Any) -> "BatchPlan":
        """Raises ValueError that names what is wrong."""
        known = {item.name for item in fields(cls)}
        if not isinstance(document, dict) or document.keys() - known:
            raise ValueError(f"batch is an object of {', '.join(sorted(known))}; not {document!r}.")
        plan = cls(**document | {"texts": _by_text(document.get("texts", {}))})
        if plan.end not in BATCH_ENDS:
            raise ValueError(f"batch.end is one of {', '.join(BATCH_ENDS)}; not {plan.end!r}.")
        return plan


@dataclass(frozen=True)
class FaultPlan:
    """One script, in force until the next one.

    latency_ms: every call takes at least this long, except one that is throttled. slow_ms: how much longer a `slow`
    call takes. requests_per_second: calls above it are throttled; `burst` of them may come at once. rates: kind to
    probability, drawn per call number from `seed`. calls: number since the plan was set (from 1, "3" or "3-7") to kind.
    texts: a part of a text to the kind that a call with such a text gets, and in batch jobs the record that has it. A
    kind is a name or a status as a string. batch: see BatchPlan.
    """

    latency_ms: float = 0
    slow_ms: float = 2_000
    requests_per_second: float | None = None
    burst: float = 5
    seed: int = 0
    rates: Mapping[str, float] = field(default_factory=dict)
    calls: Mapping[int, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    batch: BatchPlan = BatchPlan()

    @classmethod
    def parse(cls, document: Any) -> "FaultPlan":
        """Raises ValueError that names the wrong field and what it may be."""
        known = {item.name for item in fields(cls)}
        if not isinstance(document, dict) or document.keys() - known:
            raise ValueError(f"A fault plan is an object of {', '.join(sorted(known))}; not {document!r}.")
        options = dict(document)
        for name in ("latency_ms", "slow_ms", "burst", "requests_per_second"):
            value = options.get(name, 0)
            limit_off = name == "requests_per_second" and value is None
            if not limit_off and (not isinstance(value, int | float) or isinstance(value, bool) or value < 0):
                raise ValueError(f"{name} has to be a number that is not negative; not {value!r}.")
        options["rates"] = {_kind(kind): float(rate) for kind, rate in options.get("rates", {}).items()}
        if not 0 <= sum(options["rates"].values()) <= 1:
            raise ValueError(f"rates are probabilities that add up to 1 at most; not {document['rates']!r}.")
        options["texts"] = _by_text(options.get("texts", {}))
        options["calls"] = {
            number: _kind(kind) for given, kind in options.get("calls", {}).items() for number in _numbers(given)
        }
        options["batch"] = BatchPlan.parse(options.get("batch", {}))
        return cls(**options)


class FaultInjector:
    """Applies a plan, call after call."""

    def __init__(self, plan: FaultPlan) -> None:
        self.plan = plan
        self._calls = 0
        self._allowance = plan.burst
        self._filled = 0.0

    def next_call(self, now: float) -> str | None:
        """The kind of trouble of the call that arrives now (seconds of any steady clock), if any."""
        self._calls += 1
        if not self._admits(now):
            return THROTTLED
        return self.plan.calls.get(self._calls) or self._drawn()

    def for_texts(self, texts: Iterable[str]) -> str | None:
        return kind_of(texts, self.plan.texts)

    def _admits(self, now: float) -> bool:
        rate = self.plan.requests_per_second
        if rate is None:
            return True
        if self._calls > 1:
            self._allowance = min(self.plan.burst, self._allowance + (now - self._filled) * rate)
        self._filled = now
        if self._allowance < 1 - 1e-9:  # sums of fractions fall a little short of 1
            return False
        self._allowance -= 1
        return True

    def _drawn(self) -> str | None:
        if not self.plan.rates:
            return None
        # Seeded by number, so that the order in which concurrent calls arrive does not shift the draws of later ones.
        draw = random.Random(f"{self.plan.seed}:{self._calls}").random()
        for kind, rate in self.plan.rates.items():
            if draw < rate:
                return kind
            draw -= rate
        return None


def fault(kind: str, service: Service) -> ServiceError:
    """The error of a kind, named as the service names it."""
    status, message, sagemaker_code = ERRORS[kind]
    code = kind if service == "bedrock" else sagemaker_code
    extra: dict[str, Any] = {}
    if kind == "ModelErrorException":
        names = (
            ("originalStatusCode", "resourceName")
            if service == "bedrock"
            else ("OriginalStatusCode", "OriginalMessage")
        )
        extra = dict(zip(names, (500, "model"), strict=True))
    return ServiceError(status, code, message, **extra)


def kind_of(texts: Iterable[str], kinds: Mapping[str, str]) -> str | None:
    """The kind of trouble of the first text that has one."""
    return next((kind for text in texts for part, kind in kinds.items() if part in text), None) if kinds else None


def _by_text(given: Mapping[str, str]) -> dict[str, str]:
    return {part: _kind(kind) for part, kind in given.items()}


def _kind(given: str) -> str:
    kind = BY_STATUS.get(given, given)
    if kind not in ERRORS and kind not in STRANGE:
        raise ValueError(
            f"{given!r} is not a kind of fault; choose one of {', '.join([*BY_STATUS, *ERRORS, *STRANGE])}."
        )
    return kind


def _numbers(given: str | int) -> range:
    first, _, last = str(given).partition("-")
    if not first.isdecimal() or not (last or first).isdecimal():
        raise ValueError(f'{given!r} is not a call number; write "3" or "3-7".')
    return range(int(first), int(last or first) + 1)
