"""The trip of one request: admit, detect, choose, prepare, then render (docs/architecture.md)."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.engines.calls import Calls
from gateway.explain import explanation
from gateway.gateway import Gateway
from gateway.keys import Key
from gateway.openai.limits import check_limits
from gateway.openai.parse import parse_object, parse_request
from gateway.openai.requests import ChatRequest, Request, ResponseRequest
from gateway.openai.texts import conversation, prompt_chars
from gateway.record import STATE_KEY, Record
from gateway.render import render
from gateway.request_body import read_body
from gateway.settings import Limits
from routing.detection.conversation import detect_conversation
from routing.errors import Forbidden
from routing.generation import Endpoint, Generation
from routing.language import Detection, Detector
from routing.policy import Choice, Features, Policy, choose

BY_REQUEST = "request"
"""What a choice names as its rule where the request itself asked for the strategy."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may be served: checked, within limits, with a good key."""

    request: Request
    body: Mapping[str, Any]
    key: Key
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Plan:
    """What was found out about a request, and what will therefore be done."""

    detection: Detection
    choice: Choice


async def receive_body(gateway: Gateway, http: HttpRequest) -> tuple[Key, dict[str, Any]]:
    """Step 1, first half: whose request it is, and its JSON. The key comes first: strangers send no bodies."""
    record: Record = http.scope[STATE_KEY]
    key = gateway.keys.authenticate(http.headers.get("authorization"))
    record.key = key.name
    began = perf_counter()
    raw = await read_body(http, gateway.settings.limits)
    record.client_s += perf_counter() - began
    return key, parse_object(raw)


def admit(
    limits: Limits, key: Key, body: dict[str, Any], endpoint: Endpoint, kind: type[Request]
) -> Admitted:
    """Step 1, second half: a well-formed request within limits. Raises the 4xx that tells why it is not."""
    request = parse_request(kind, body)
    check_limits(request, body, limits, key.limits.max_tokens)
    _check_key(key, request)
    return Admitted(request, body, key, endpoint)


def plan(detector: Detector, policy: Policy, admitted: Admitted, accept_language: str | None) -> Plan:
    """Steps 2 and 3: the language of the request, and the strategy that the policy has for it.

    Raises `InvalidRequest` where the request names a language that is none.
    """
    request = admitted.request
    detection = detect_conversation(detector, conversation(request, accept_language))
    if request.dragoman and request.dragoman.strategy:
        choice = Choice(BY_REQUEST, request.dragoman.strategy)
    else:
        choice = choose(policy, _features(admitted, detection))
    return Plan(detection, choice)


class Trip(Response):
    """The response to one request: all of its work is done while it is sent, so one owner closes everything."""

    def __init__(self, gateway: Gateway, endpoint: Endpoint, kind: type[Request]) -> None:
        self.background = None
        self._gateway = gateway
        self._endpoint = endpoint
        self._kind = kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. Raises a `DragomanError` for whatever goes wrong before the first byte is sent."""
        gateway = self._gateway
        http = HttpRequest(scope, receive)
        scope[STATE_KEY].endpoint = self._endpoint
        key, body = await receive_body(gateway, http)
        admitted = admit(gateway.settings.limits, key, body, self._endpoint, self._kind)
        with gateway.keys.use(key):
            await gateway.enter(key.priority)
            try:
                await self._serve(admitted, http, send)
            finally:
                gateway.leave()

    async def _serve(self, admitted: Admitted, http: HttpRequest, send: Send) -> None:
        gateway, record = self._gateway, http.scope[STATE_KEY]
        in_force = gateway.in_force
        made = plan(gateway.detector, in_force.policy, admitted, http.headers.get("accept-language"))
        _note(record, made)
        with gateway.tracing.request(http.scope, record) as headers:
            generation = _generation(admitted, made, {**headers, "x-request-id": record.request_id})
            calls = Calls(in_force.pool, record.ledger, gateway.metrics, _may_call(admitted.key, made))
            try:
                stream = await made.choice.strategy(generation, calls)
            finally:
                # Not before: the pool may have learned of the model with this very call.
                record.model = in_force.pool.label(generation.model)
            async with aclosing(stream):
                explain = admitted.request.dragoman is not None and admitted.request.dragoman.explain
                account = (lambda: explanation(made, record.ledger)) if explain else None
                await render(stream, generation, record, account, send)


def _generation(admitted: Admitted, made: Plan, headers: Mapping[str, str]) -> Generation:
    body = {name: value for name, value in admitted.body.items() if name != "dragoman"}
    return Generation(admitted.endpoint, body, language=made.detection.language, headers=headers)


def _features(admitted: Admitted, detection: Detection) -> Features:
    request = admitted.request
    return Features(
        model=request.model,
        endpoint=admitted.endpoint,
        language=detection.language,
        confidence=detection.confidence,
        mixed=detection.mixed,
        romanised=detection.romanised,
        task=request.dragoman.task if request.dragoman else None,
        tools=isinstance(request, ChatRequest | ResponseRequest) and bool(request.tools),
        response_format=isinstance(request, ChatRequest) and request.response_format is not None,
        prompt_chars=prompt_chars(request),
        priority=admitted.key.priority,
        key=admitted.key.name,
    )


def _check_key(key: Key, request: Request) -> None:
    if not key.allows(request.model):
        raise Forbidden(f"The key `{key.name}` may not use this model.", param="model")
    if request.dragoman and request.dragoman.strategy and not key.may_choose:
        raise Forbidden(f"The key `{key.name}` may not choose a strategy.", param="dragoman.strategy")


def _may_call(key: Key, made: Plan) -> Callable[[str], bool]:
    """The policy leads wherever it likes; a strategy of the client's own, only where its key may go."""
    return key.allows if made.choice.rule == BY_REQUEST else lambda _: True


def _note(record: Record, made: Plan) -> None:
    record.language, record.confidence = made.detection.language, made.detection.confidence
    record.strategy = made.choice.strategy.kind
