"""The trip of one request: admit, detect, choose, prepare, then render (docs/architecture.md)."""

from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import monotonic, perf_counter
from typing import Any

from starlette.types import Receive, Scope, Send

from gateway.engines.calls import Calls
from gateway.engines.steered import asks_for_steering
from gateway.explain import explanation
from gateway.fertility import english_tokens
from gateway.finish import Account
from gateway.gateway import Gateway, InForce
from gateway.keep_alive import prepared
from gateway.keys import Key
from gateway.openai.limits import check_length, check_limits, check_media
from gateway.openai.parse import parse_object, parse_request
from gateway.openai.requests import NO_ASK, ChatRequest, Request, ResponseRequest
from gateway.openai.texts import conversation, prompt_chars
from gateway.record import STATE_KEY, Record
from gateway.render import Rendering
from gateway.request_body import read_body
from gateway.request_headers import Headers, request_headers, text_of
from gateway.settings import Limits
from routing.answer_form import is_json_asked
from routing.context import Context
from routing.contract.keep import keep_contract
from routing.detection.conversation import detect_conversation
from routing.errors import Forbidden
from routing.generation import Endpoint, Generation
from routing.language import Detection, Detector
from routing.policy import Choice, Features, Policy, choose
from routing.request_signs.owed import Owed, owed_language
from routing.request_signs.signs import NO_SIGNS, RequestSigns, read_signs
from routing.strategies.direct import Direct
from routing.strategies.route import Route

_CHARS_A_TOKEN = 4  # of English, about: what a client that leaves is charged for its prompt

BY_REQUEST = "request"
"""What a choice names as its rule where the request itself asked for the strategy."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A request that may be served: checked, within limits, with a good key."""

    request: Request
    body: Mapping[str, Any]
    key: Key
    endpoint: Endpoint
    prompt_chars: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What was found out about a request, and what will therefore be done.

    signs: what the request itself says about languages. owed: the language that its answer owes.
    """

    detection: Detection
    signs: RequestSigns
    owed: Owed
    choice: Choice


def identify(gateway: Gateway, record: Record, headers: Headers) -> Key:
    """Step 1, first part: whose request it is, before there is a body: strangers send none. Raises `Unauthorized`."""
    key = gateway.keys.authenticate(text_of(headers, b"authorization"))
    record.key, record.usage = key.name, gateway.keys.usage(key)
    return key


async def receive_body(
    gateway: Gateway, record: Record, headers: Headers, receive: Receive
) -> dict[str, Any]:
    """Step 1, second part: the request's JSON. The key's limits hold by now: no key sends bodies without end."""
    began = perf_counter()
    raw = await read_body(headers, receive, gateway.settings.limits)
    record.client_s += perf_counter() - began
    body = parse_object(raw)
    check_media(raw, body, gateway.settings.limits)
    return body


def admit(
    limits: Limits, key: Key, body: dict[str, Any], endpoint: Endpoint, kind: type[Request]
) -> Admitted:
    """Step 1, third part: a well-formed request within limits. Raises the 4xx that tells why it is not."""
    request = parse_request(kind, body)
    check_limits(request, limits, key.limits.max_tokens)
    chars = prompt_chars(request)
    check_length(chars, limits)
    _check_key(key, request)
    if asks_for_steering(body) and not key.may_choose:
        raise Forbidden(f"The key `{key.name}` may not choose a steering profile.", param="vllm_xargs")
    return Admitted(request, body, key, endpoint, chars)


def plan(detector: Detector, policy: Policy, admitted: Admitted, accept_language: str | None) -> Plan:
    """Steps 2 and 3: the language of the request, and the strategy that the policy has for it.

    Raises `InvalidRequest` where the request names a language that is none.
    """
    ask = admitted.request.dragoman or NO_ASK
    texts = conversation(admitted.request, accept_language)
    detection = detect_conversation(detector, texts)
    choice = choose(policy, _features(admitted, detection))
    if ask.strategy:
        choice = Choice(BY_REQUEST, ask.strategy, choice.contract)
    if ask.contract:
        choice = replace(choice, contract=ask.contract)
    signs = read_signs(texts.latest, detection.language) if _needs_signs(choice) else NO_SIGNS
    return Plan(detection, signs, owed_language(detection, signs, ask.answer_language), choice)


def _needs_signs(choice: Choice) -> bool:
    """Whether anything looks at them: they cost 100 µs, a tenth of what the gateway takes for a request."""
    if choice.contract.level != "off":
        return True
    strategy = choice.strategy
    return bool(strategy.demonstrations) if isinstance(strategy, Direct) else not isinstance(strategy, Route)


@dataclass(frozen=True, slots=True)
class Trip:
    """ASGI app for one endpoint. All work for a request is done while its response is sent, so one owner closes
    everything."""

    endpoint: Endpoint
    kind: type[Request]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI. Raises a `DragomanError` for whatever goes wrong before the first byte is sent."""
        gateway: Gateway = scope["app"].state.gateway
        record: Record = scope[STATE_KEY]
        record.endpoint = self.endpoint
        headers = request_headers(scope)
        key = identify(gateway, record, headers)
        with gateway.keys.use(key):
            body = await receive_body(gateway, record, headers, receive)
            admitted = admit(gateway.settings.limits, key, body, self.endpoint, self.kind)
            await gateway.enter(key.priority)
            try:
                await _serve(gateway, admitted, record, headers, send)
            finally:
                gateway.leave()


async def _serve(gateway: Gateway, admitted: Admitted, record: Record, headers: Headers, send: Send) -> None:
    in_force = gateway.in_force
    made = plan(gateway.detector, in_force.policy, admitted, text_of(headers, b"accept-language"))
    _note(record, made)
    try:
        with gateway.tracing.request(headers, record) as traced:
            generation = _generation(admitted, made, {**traced, "x-request-id": record.request_id})
            rendering = Rendering(generation.is_streamed, record, _account(admitted, made, record), send)
            calls = Calls(in_force.pool, record.ledger, gateway.metrics, _may_call(admitted.key, made))
            context = _context(gateway, in_force, made, record)
            preparing = keep_contract(made.choice.strategy, made.choice.contract, generation, calls, context)
            if generation.is_streamed and _takes_long(made.choice):
                preparing = prepared(preparing, gateway.settings.keep_alive_s, rendering.keep_alive)
            try:
                try:
                    stream = await preparing
                finally:
                    # Not before: the pool may have learned of the model with this very call.
                    record.model = in_force.pool.label(generation.model)
                async with aclosing(stream):
                    await rendering.render(stream)
            except Exception as error:
                if not rendering.has_begun:
                    raise
                await rendering.fail(error)
    finally:
        _charge(gateway, admitted, made, record)


def _charge(gateway: Gateway, admitted: Admitted, made: Plan, record: Record) -> None:
    """Counts against the key whatever was drawn, also for a client that left or a request that failed."""
    usage = gateway.keys.usage(admitted.key)
    if usage.counts_tokens:
        written_in = _written_in(gateway.detector, admitted, made)
        tokens = english_tokens(record.ledger.tokens, written_in, gateway.keys.fertility)
        read = record.ledger.untold * admitted.prompt_chars / _CHARS_A_TOKEN
        usage.charge(tokens + read, monotonic())


def _written_in(detector: Detector, admitted: Admitted, made: Plan) -> Detection:
    """The language of the text itself. What a request says of itself costs nothing, and would buy tokens."""
    if made.detection.source != "request":
        return made.detection
    texts = conversation(admitted.request, None)
    return detect_conversation(detector, replace(texts, language=None))


def _account(admitted: Admitted, made: Plan, record: Record) -> Account:
    ask = admitted.request.dragoman or NO_ASK
    return (lambda: explanation(made, record.ledger, record.notes)) if ask.explain else None


def _context(gateway: Gateway, in_force: InForce, made: Plan, record: Record) -> Context:
    return Context(
        detection=made.detection,
        signs=made.signs,
        owed=made.owed.language,
        exempt=made.owed.exempt,
        detector=gateway.detector,
        prompts=in_force.policy.prompts,
        notes=record.notes.append,
        hedges=in_force.pool.hedges,
    )


def _takes_long(choice: Choice) -> bool:
    """Whether more may happen before the first block than one engine call."""
    return choice.contract.level == "retry" or not choice.strategy.takes_n


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
        tools=isinstance(request, (ChatRequest, ResponseRequest)) and bool(request.tools),
        response_format=isinstance(request, ChatRequest) and is_json_asked(admitted.body),
        prompt_chars=admitted.prompt_chars,
        priority=admitted.key.priority,
        key=admitted.key.name,
    )


def _check_key(key: Key, request: Request) -> None:
    if not key.allows(request.model):
        raise Forbidden(f"The key `{key.name}` may not use this model.", param="model")
    ask = request.dragoman or NO_ASK
    if ask.strategy and not key.may_choose:
        raise Forbidden(f"The key `{key.name}` may not choose a strategy.", param="dragoman.strategy")
    if ask.contract and not key.may_choose:
        raise Forbidden(f"The key `{key.name}` may not choose a contract.", param="dragoman.contract")


def _may_call(key: Key, made: Plan) -> Callable[[str], bool]:
    """The policy leads wherever it likes; a strategy of the client's own, only where its key may go."""
    return key.allows if made.choice.rule == BY_REQUEST else lambda _: True


def _note(record: Record, made: Plan) -> None:
    record.language, record.confidence = made.detection.language, made.detection.confidence
    record.strategy = made.choice.strategy.kind
