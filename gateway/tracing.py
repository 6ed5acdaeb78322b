"""OpenTelemetry traces: off unless an endpoint is set. A span a request, whose context travels to the engine."""

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.record import Record
from gateway.request_headers import Headers
from routing.errors import DragomanError

_PROPAGATOR = TraceContextTextMapPropagator()

# What else a client may send there does not travel on: an engine refuses headers that are too long or odd.
_FORMS = {
    b"traceparent": re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"),
    b"tracestate": re.compile(rb"[\x20-\x7e]{1,512}"),
}


@dataclass(frozen=True, slots=True)
class Tracing:
    """Makes spans with the provider's tracer; nothing at all where there is none."""

    provider: TracerProvider | None = None

    def request(self, headers: Headers, record: Record) -> AbstractContextManager[Mapping[str, str]]:
        """A span around one request; gives the headers that carry its context on to the engine.

        Where tracing is off, the client's own trace context is handed on.
        """
        sent = {
            name.decode(): value.decode()
            for name, form in _FORMS.items()
            if (value := headers.get(name)) and form.fullmatch(value)
        }
        return nullcontext(sent) if self.provider is None else _span(self.provider, sent, record)

    def close(self) -> None:
        """Sends what is left. Blocks, for seconds where nobody listens at the endpoint."""
        if self.provider is not None:
            self.provider.shutdown()


@contextmanager
def _span(provider: TracerProvider, sent: Mapping[str, str], record: Record) -> Iterator[Mapping[str, str]]:
    context = _PROPAGATOR.extract(sent)
    tracer = provider.get_tracer("dragoman")
    # An exception by itself would be told with its message, and an engine's may quote the prompt.
    with tracer.start_as_current_span(
        f"dragoman {record.endpoint}", context=context, record_exception=False, set_status_on_exception=False
    ) as span:
        _PROPAGATOR.inject(carrier := dict[str, str]())
        failure = ""
        try:
            yield carrier
        except Exception as error:
            failure = (error if isinstance(error, DragomanError) else DragomanError).code
            raise
        finally:
            span.set_attributes(_attributes(record))
            if code := failure or record.error_code:
                span.set_status(StatusCode.ERROR, code)


def open_tracing(otlp_endpoint: str | None) -> Tracing:
    """Tracing to an OTLP endpoint over HTTP; spans leave in batches, from a thread of their own."""
    if otlp_endpoint is None:
        return Tracing()
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "dragoman"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=otlp_endpoint)))
    return Tracing(provider)


def _attributes(record: Record) -> dict[str, str | int | float | bool]:
    return {
        "gen_ai.request.model": record.model,
        "dragoman.request_id": record.request_id,
        "dragoman.language": record.language,
        "dragoman.strategy": record.strategy,
        "dragoman.engine_calls": len(record.ledger.calls),
        "gen_ai.usage.input_tokens": sum(call.prompt_tokens for call in record.ledger.calls),
        "gen_ai.usage.output_tokens": sum(call.completion_tokens for call in record.ledger.calls),
    }
