"""Every metric of the gateway and its labels, declared once.

All labels are bounded: models and engines by the policy, languages by `language_label`. With several processes
on one machine the values meet in a folder (prometheus-client's multiprocess mode), and whichever process is asked
gives their sum.
"""

import os
from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from gateway.ledger import Call
from gateway.record import Record
from routing.language import UNDETERMINED
from routing.notes import Contracted, Degraded, Note, Retried, Selected, Skipped
from routing.resource_levels import resource_classes

MULTIPROCESS_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

_SCRIPTS_IN_LABELS = frozenset({"Latn", "Cyrl", "Arab", "Hans", "Hant"})

# Gateway time is a few hundred microseconds; answers take seconds to minutes.
_GATEWAY_S = (0.00025, 0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.25, 1.0)
_FIRST_TOKEN_S = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 30.0, 60.0, 120.0)
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99)
_ANSWER_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 300.0, 600.0)


MetricT = TypeVar("MetricT", Counter, Histogram)


class Metrics:
    """The metrics of one process. ``registry`` is its own, so that tests and several apps do not meet."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self._registry = registry if registry is not None else CollectorRegistry()
        self._declare_requests()
        self._declare_calls()
        self._declare_strategies()
        self._declare_samples()
        self.reloads = self._counter("policy_reloads", "New policies, by outcome.", "outcome")
        self.inflight = self._gauge("inflight_requests", "Requests being worked on.")
        self.waiting = self._gauge("waiting_requests", "Requests waiting for a slot.")

    def _declare_requests(self) -> None:
        self.requests = self._counter(
            "requests", "Requests, by how they ended.", "endpoint", "model", "strategy", "language", "status"
        )
        self.refused = self._counter("refused", "Requests that ended in an error, by its code.", "code")
        self.dropped = self._counter("disconnects", "Clients that left before the end.", "endpoint")
        self.request_s = self._histogram(
            "request_seconds", "Whole requests.", _ANSWER_S, "endpoint", "model", "strategy"
        )
        self.gateway_s = self._histogram(
            "gateway_seconds", "Time in the gateway itself, waiting for nobody.", _GATEWAY_S, "endpoint"
        )
        self.first_token_s = self._histogram(
            "time_to_first_token_seconds",
            "From the request to the first bytes of a streamed answer.",
            _FIRST_TOKEN_S,
            "model",
            "strategy",
        )

    def _declare_calls(self) -> None:
        self.tokens = self._counter("tokens", "Tokens as engines count them.", "model", "purpose", "kind")
        self.calls = self._counter("engine_calls", "Engine calls.", "engine", "model", "purpose", "outcome")
        self.engine_s = self._histogram("engine_seconds", "Whole engine calls.", _ANSWER_S, "engine")
        self.retries = self._counter("engine_retries", "Calls that went on to another try.", "engine")
        self.fallbacks = self._counter(
            "engine_fallbacks", "Calls that a fallback took.", "engine", "fallback"
        )
        self.ejected = self._gauge("engine_ejected", "Replicas out of rotation, or on trial.", "engine")

    def _declare_strategies(self) -> None:
        self.hidden_calls = self._counter(
            "strategy_hidden_calls", "Engine calls that no client asked for.", "strategy", "purpose"
        )
        self.hidden_tokens = self._counter(
            "strategy_hidden_tokens", "Tokens that these read and wrote.", "strategy", "purpose"
        )
        self.skipped = self._counter(
            "strategy_skipped", "Strategies that left a request alone.", "strategy", "reason"
        )
        self.degraded = self._counter(
            "strategy_degraded", "Strategies that a lesser one took over from.", "strategy", "reason", "to"
        )
        self.retried = self._counter("strategy_retries", "Tries again.", "strategy", "reason")
        self.contracts = self._counter(
            "contracts", "Answers held against the language they owe.", "language", "level", "outcome"
        )

    def _declare_samples(self) -> None:
        self.samples = self._counter("samples", "Samples that selectors chose among.", "selector")
        self.samples_dropped = self._counter(
            "samples_dropped", "Samples left out for their language.", "selector"
        )
        self.agreement = self._histogram(
            "selector_agreement", "How far samples agree with the chosen one.", _SHARES, "selector"
        )
        self.tokens_saved = self._counter(
            "tokens_saved", "Tokens not drawn since the outcome was decided, about.", "selector"
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"dragoman_{name}", text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"dragoman_{name}", text, labels, registry=self._registry, multiprocess_mode="livesum")

    def _histogram(self, name: str, text: str, buckets: Sequence[float], *labels: str) -> Histogram:
        return Histogram(f"dragoman_{name}", text, labels, registry=self._registry, buckets=buckets)

    def count_request(self, record: Record) -> None:
        """Counts a request that has ended."""
        endpoint, model, strategy = record.endpoint, record.model, record.strategy
        language = language_label(record.language)
        _with_labels(self.requests, endpoint, model, strategy, language, str(record.status)).inc()
        _with_labels(self.request_s, endpoint, model, strategy).observe(record.total_s)
        _with_labels(self.gateway_s, endpoint).observe(record.gateway_s)
        if record.first_token_s is not None:
            _with_labels(self.first_token_s, model, strategy).observe(record.first_token_s)
        if record.has_left:
            self.dropped.labels(record.endpoint).inc()
        if record.error_label:
            self.refused.labels(record.error_label).inc()
        for call in record.ledger.hidden:
            tokens = call.prompt_tokens + call.completion_tokens
            _with_labels(self.hidden_calls, strategy, call.purpose).inc()
            _with_labels(self.hidden_tokens, strategy, call.purpose).inc(tokens)
        for note in record.notes:
            self._count_note(note)

    def _count_note(self, note: Note) -> None:
        match note:
            case Skipped():
                self.skipped.labels(note.strategy, note.reason).inc()
            case Degraded():
                self.degraded.labels(note.strategy, note.reason, note.to).inc()
            case Retried():
                self.retried.labels(note.strategy, note.reason).inc()
            case Selected():
                self._count_selection(note)
            case Contracted():
                self.contracts.labels(language_label(note.language), note.level, note.outcome).inc()

    def _count_selection(self, selected: Selected) -> None:
        self.samples.labels(selected.selector).inc(selected.samples)
        self.samples_dropped.labels(selected.selector).inc(selected.dropped)
        if selected.agreement is not None:
            self.agreement.labels(selected.selector).observe(selected.agreement)
        self.tokens_saved.labels(selected.selector).inc(selected.tokens_saved)

    def count_call(self, call: Call, model: str) -> None:
        """Counts an engine call that has ended; ``model`` is the bounded form of the call's."""
        _with_labels(self.calls, call.engine, model, call.purpose, call.outcome).inc()
        _with_labels(self.engine_s, call.engine).observe(call.elapsed_s)
        _with_labels(self.tokens, model, call.purpose, "prompt").inc(call.prompt_tokens)
        _with_labels(self.tokens, model, call.purpose, "completion").inc(call.completion_tokens)

    def exposition(self) -> bytes:
        """All metrics in Prometheus' text form; of all processes that share a folder, where they do."""
        if MULTIPROCESS_VARIABLE not in os.environ:
            return generate_latest(self._registry)
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return generate_latest(shared)


@lru_cache(maxsize=4096)
def _with_labels(metric: MetricT, *labels: str) -> MetricT:
    """The metric's child with these labels. Looking one up in the library takes 3 µs, and a request needs nine."""
    return metric.labels(*labels)


@lru_cache(maxsize=4096)
def language_label(language: str) -> str:
    """A tag from a bounded set, since clients may name any language: one of the resource table, or ``other``.

    A script is kept where it tells romanised text, or one written norm from another.
    """
    tag, *rest = language.split("-")
    if tag != UNDETERMINED and tag not in resource_classes():
        return "other"
    return f"{tag}-{rest[0]}" if rest and rest[0] in _SCRIPTS_IN_LABELS else tag
