"""The emulator's routes, and its life on an event loop."""

import asyncio
import socket
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import unquote

import orjson

from local.emulator import bedrock, reranking
from local.emulator.access import Access, Caller
from local.emulator.batch_inference import BatchInference
from local.emulator.bedrock import Bedrock
from local.emulator.counters import Counters
from local.emulator.errors import ServiceError
from local.emulator.faults import (
    DROPPED,
    ERROR_IN_BODY,
    FALSE_CITATION,
    MALFORMED,
    SLOW,
    STRANGE,
    THROTTLED,
    FaultInjector,
    FaultPlan,
    Service,
    fault,
)
from local.emulator.http11 import Connection, Request, Response
from local.emulator.model import Embedder, make_embedder
from local.emulator.sagemaker import STYLES, SageMaker
from local.emulator.text.converse import misquote
from local.emulator.text.service import TextService
from local.errors import LocalStackError

HOST = "127.0.0.1"
MODELS = ("minilm", "stub")
# What the counters call it: the model is named in the body.
RERANK = "rerank"
JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Options:
    """Options of the command line and of `Emulator`.

    model: `minilm` or `stub`. port 0: any free one. threads: of the model, all cores by default. faults: a FaultPlan as
    JSON. access: an Access as JSON. profiles: ARN of an application inference profile to its model id. endpoints: see
    SageMaker. s3_endpoint: where batch jobs find their files; AWS itself by default. requests_kept: how many of the
    last calls the counters show with their bodies. guardrails: identifier to the fields of a Guardrail. smollm2: the
    Python of an environment with requirements/smollm2.txt, if SmolLM2 is to write the texts.
    """

    model: str = "minilm"
    port: int = 0
    threads: int | None = None
    faults: Mapping[str, Any] = field(default_factory=dict)
    access: Mapping[str, Any] = field(default_factory=dict)
    profiles: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, Any] = field(default_factory=dict)
    guardrails: Mapping[str, Any] = field(default_factory=dict)
    smollm2: str = ""
    cohere_v4_list: bool = False
    s3_endpoint: str | None = None
    requests_kept: int = 100

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> "Options":
        """Raises LocalStackError for an option that does not exist."""
        known = {item.name for item in fields(cls)}
        unknown = sorted(given.keys() - known)
        if unknown:
            raise LocalStackError(f"Unknown emulator options: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
        options = cls(**given)
        if options.model not in MODELS:
            raise LocalStackError(f"The emulator has no model {options.model!r}; choose one of {', '.join(MODELS)}.")
        return options


@dataclass(frozen=True)
class Result:
    """The result of a valid call: the texts that the model read, and the response."""

    texts: list[str]
    body: bytes
    headers: Mapping[str, str]
    embedded: bool = False


class Application:
    """Handles requests. Everything happens on one event loop, so nothing is locked."""

    def __init__(self, options: Options, embedder: Embedder) -> None:
        try:
            self._start_plan = FaultPlan.parse(dict(options.faults))
            self._access = Access.parse(options.access)
            self._bedrock = Bedrock(options.profiles, cohere_v4_list=options.cohere_v4_list)
            self._sagemaker = SageMaker(options.endpoints)
            self._text = TextService(embedder if options.model != "stub" else None, options.guardrails, options.smollm2)
        except (TypeError, ValueError) as error:
            raise LocalStackError(f"The emulator's options are wrong. {error}") from error
        self._injector = FaultInjector(self._start_plan)
        self._counters = Counters(options.requests_kept)
        self._embedder = embedder
        self._model = options.model
        self._batch = BatchInference(self._bedrock, embedder, options.s3_endpoint, lambda: self._injector)

    def close(self) -> None:
        """Ends the batch jobs that are under way, and the text model."""
        self._batch.close()
        self._text.close()

    async def handle(self, request: Request) -> Response | None:
        match request.method, request.path.split("/")[1:]:
            case "POST", ["model", identifier, "invoke" | "converse"]:
                return await self._invoke("bedrock", unquote(identifier), request)
            case "POST", ["endpoints", name, "invocations"]:
                return await self._invoke("sagemaker", unquote(name), request)
            case "POST", ["rerank"]:
                return await self._invoke("bedrock", RERANK, request)
            case method, ["model-invocation-job" | "model-invocation-jobs" as resource, *rest]:
                return self._batch_jobs(method, resource, [unquote(part) for part in rest], request)
            case method, ["_emulator", resource]:
                return self._control(method, resource, request.body)
        message = f"{request.method} {request.path} is not emulated."
        return _error(ServiceError(404, "UnknownOperationException", message), "bedrock")

    def _control(self, method: str, resource: str, body: bytes) -> Response:
        match method, resource:
            case "GET", "health":
                return _json({"status": "ok", "model": self._model})
            case "GET", "counters":
                return _json({**self._counters.shown(), "batch_jobs": self._batch.shown()})
            case "DELETE", "counters":
                self._counters.reset()
                self._batch.forget()
            case "PUT", "faults":
                try:
                    self._injector = FaultInjector(FaultPlan.parse(orjson.loads(body)))
                except (TypeError, ValueError, AttributeError) as error:
                    return _json({"message": str(error)}, 400)
            case "DELETE", "faults":
                self._injector = FaultInjector(self._start_plan)
            case _:
                message = "Try GET health, GET or DELETE counters, PUT or DELETE faults, under /_emulator/."
                return _json({"message": message}, 404)
        return _json({"status": "ok"})

    def _batch_jobs(self, method: str, resource: str, rest: list[str], request: Request) -> Response:
        """The control plane. Its calls are counted by the batch jobs themselves, not among the model's."""
        try:
            caller = self._access.check(request, "bedrock")
            body = self._batch.respond(method, resource, rest, request, caller)
        except ServiceError as refusal:
            return _error(refusal, "bedrock")
        return Response(200, _dump(body), {**JSON, **_request_id()})

    async def _invoke(self, service: Service, target: str, request: Request) -> Response | None:
        """One call: authorise, apply the faults, embed, wait out the latency, count."""
        loop = asyncio.get_running_loop()
        arrived = loop.time()
        plan = self._injector.plan
        call = self._counters.start(service, target, request.headers, request.body)
        kind = self._injector.next_call(arrived)
        texts: list[str] = []
        error: str | None = None
        response: Response | None = None
        embedded = False
        try:
            call.caller = self._access.check(request, service)
            if kind is not None and kind not in STRANGE:
                raise fault(kind, service)
            result = await self._dispatch(service, target, request, call.caller)
            texts = result.texts
            kind = self._injector.for_texts(texts) or kind
            if kind is not None and kind not in STRANGE:
                raise fault(kind, service)
            response = Response(200, result.body, {**JSON, **_request_id(), **result.headers})
            response, error = _spoil(response, kind)
            embedded = error is None and result.embedded
        except ServiceError as refusal:
            error = refusal.code
            response = _error(refusal, service)
        finally:
            delay = 0 if error == THROTTLED else plan.latency_ms + (plan.slow_ms if kind == SLOW else 0)
            try:
                await asyncio.sleep(max(0.0, arrived + delay / 1000 - loop.time()))
            finally:
                status = response.status if response else 0
                self._counters.finish(call, status, error, texts, embedded=embedded and request.is_open())
        return response

    async def _dispatch(self, service: Service, target: str, request: Request, caller: Caller) -> Result:
        if target == RERANK:
            return await self._rerank(request, caller)
        if request.path.endswith("/converse"):
            return await self._converse(target, request, caller)
        if service == "bedrock":
            return await self._invoke_bedrock(target, request, caller)
        return await self._invoke_sagemaker(target, request)

    async def _invoke_bedrock(self, identifier: str, request: Request, caller: Caller) -> Result:
        family = self._bedrock.family(identifier)
        self._access.check_model(caller, self._bedrock.model_id(identifier))
        body = bedrock.read_body(request.headers, request.body)
        work = family.read(body)
        vectors = await self._embedder.embed(work.texts, work.dimensions)
        return Result(
            work.texts, _dump(family.render(body, work, vectors)), bedrock.response_headers(work), embedded=True
        )

    async def _converse(self, identifier: str, request: Request, caller: Caller) -> Result:
        model, model_id = self._bedrock.text_model(identifier), self._bedrock.model_id(identifier)
        self._access.check_model(caller, model_id)
        texts, body = await self._text.converse(identifier, model_id, model, request.body)
        return Result(texts, _dump(body), {})

    async def _rerank(self, request: Request, caller: Caller) -> Result:
        asked = reranking.read(request.body, caller.region)
        self._access.check_model(caller, asked.model)
        vectors = await self._embedder.embed([asked.query, *asked.texts], reranking.DIMENSIONS)
        return Result(asked.texts, _dump(reranking.render(asked, reranking.scores(asked, vectors))), {})

    async def _invoke_sagemaker(self, name: str, request: Request) -> Result:
        endpoint = self._sagemaker.endpoint(name)
        endpoint.check_target(request.headers)
        if endpoint.writes:
            content_type = request.headers.get("content-type", "")
            texts, body = await self._text.invoke_endpoint(endpoint, content_type, request.body)
            return Result(texts, _dump(body), {})
        body, texts = endpoint.read(request.headers, request.body)
        embed = self._embedder.embed_tokens if STYLES[endpoint.style].tokens else self._embedder.embed
        vectors = await embed(texts, endpoint.dimensions)
        variant = request.headers.get("x-amzn-sagemaker-target-variant", "AllTraffic")
        headers = {"x-Amzn-Invoked-Production-Variant": variant}
        return Result(texts, _dump(endpoint.render(body, vectors)), headers, embedded=True)


async def serve(options: Options, ready: Callable[[str], None], stop: asyncio.Event) -> None:
    """Serves on loopback until `stop`; calls `ready` with the URL once connections are accepted.

    Raises LocalStackError if the options are wrong or the port is taken.
    """
    embedder = make_embedder(options.model, options.threads)
    connections: set[Connection] = set()
    try:
        application = Application(options, embedder)
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: Connection(application.handle, connections), HOST, options.port, backlog=1024
            )
        except (OSError, OverflowError) as error:
            message = f"The emulator cannot listen on {HOST}:{options.port} ({error}). Choose another port."
            raise LocalStackError(message) from error
        ready(f"http://{HOST}:{_port(server.sockets[0])}")
        await stop.wait()
        server.close()
        application.close()
        for connection in list(connections):
            connection.close()
        await server.wait_closed()
    finally:
        embedder.close()


def _port(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port


def _spoil(response: Response, kind: str | None) -> tuple[Response | None, str | None]:
    """The response as the kind leaves it, and the kind if it took the vectors away."""
    if kind == DROPPED:
        return None, kind
    if kind == MALFORMED:
        return Response(200, response.body[: len(response.body) // 2], response.headers), kind
    if kind == ERROR_IN_BODY:  # Titan image can report a failure with a status of 200
        body = {"embedding": None, "inputTextTokenCount": 0, "message": "The embedding failed by a scripted fault."}
        return Response(200, _dump(body), response.headers), kind
    if kind == FALSE_CITATION:
        return Response(200, _dump(misquote(orjson.loads(response.body))), response.headers), None
    return response, None


def _error(error: ServiceError, service: Service) -> Response:
    name = "message" if service == "bedrock" else "Message"
    headers = {**JSON, **_request_id(), "x-amzn-ErrorType": error.code}
    return Response(error.status, _dump({name: error.message, **error.extra}), headers)


def _json(document: Any, status: int = 200) -> Response:
    return Response(status, _dump(document), JSON)


def _dump(document: Any) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS)


def _request_id() -> dict[str, str]:
    return {"x-amzn-RequestId": str(uuid.uuid4())}
