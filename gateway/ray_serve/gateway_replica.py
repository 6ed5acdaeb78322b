"""Replicas of the gateway itself: the ASGI app of gateway/app.py at ``/``."""

import asyncio
import logging
from pathlib import Path
from typing import Any, TypedDict

from fastapi import FastAPI
from ray import serve
from ray.serve import Application
from starlette.types import ASGIApp

from gateway.ray_serve.local_engines import GATEWAY_CPUS
from gateway.ray_serve.past_serve import MIDDLEWARES_PATH, SERVES_VARIABLE
from gateway.ray_serve.request_id import LeaveRequestIdToServe
from gateway.settings import Settings
from routing.errors import ConfigError

_NO_LIMIT = 1_000_000
"""How many requests a replica takes at once: the gateway's own queue decides instead."""

_CODE_VERSION = "1"
"""The same for every deployment of one start: Ray Serve then hands a new policy to running replicas instead of
replacing them."""


class PolicyText(TypedDict):
    """A policy on its way to replicas: as it was read, and the file's name for messages. No text: none yet."""

    text: str
    source: str


@serve.ingress()
class GatewayReplica:
    """One gateway. Its parts cross to it as text and are made where they are used."""

    def __init__(self, settings: str, policy: PolicyText) -> None:
        self._settings = Settings.model_validate_json(settings)
        self._policy = policy
        self._app: FastAPI | None = None

    @property
    def gateway_app(self) -> ASGIApp:
        """What answers the requests that come past Serve's layers."""
        assert self._app is not None, "Serve builds the app before it listens"
        return self._app

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """What answers the few that come through them: HAProxy sends those to Ray's proxy while it knows no replica.

        It has no routes to show, so Serve does not look for a request's among them either.
        """
        from gateway.app import build_app
        from gateway.logs import write_logs
        from gateway.metric_files import reserve_metric_files
        from gateway.ray_serve.replica_log import bound_standard_error
        from routing.detection.detector import load_detector
        from routing.policy import Policy
        from routing.policy_file import parse_policy

        write_logs()
        bound_standard_error()
        if self._settings.metrics_dir is not None:
            reserve_metric_files(self._settings.metrics_dir)
        text = self._policy["text"]
        policy = parse_policy(text, self._policy["source"]) if text else Policy(engines={})
        self._app = build_app(self._settings, policy, load_detector(self._settings.detector_path))
        return LeaveRequestIdToServe(self._app)

    async def reconfigure(self, policy: PolicyText) -> None:
        """Called by Ray Serve with the policy of the deployment: at the start, and whenever it changes.

        Raises `ConfigError` where its first policy is wrong. A later one that is leaves the old one in force.
        """
        if self._app is None:
            self._policy = policy  # the app is built with it
            return
        if policy == self._policy:
            return
        from routing.policy_file import parse_policy

        gateway = self._app.state.gateway
        try:
            gateway.replace_policy(await asyncio.to_thread(parse_policy, policy["text"], policy["source"]))
        except ConfigError as error:
            if not self._policy["text"]:
                raise
            # Raised to Ray Serve, this would take healthy replicas out of service.
            gateway.metrics.reloads.labels("refused").inc()
            logging.getLogger("dragoman").error("refused: %s", error.message)  # noqa: TRY400
        else:
            gateway.metrics.reloads.labels("applied").inc()
            self._policy = policy


def build_gateway(settings: Settings, policy: PolicyText, *, replicas: int, drain_s: float) -> Application:
    """The Ray Serve application of the gateway, to be run under ``/``.

    Running it again with another policy puts that in force in every replica, on every node, without replacing one.
    """
    deployment = serve.deployment(
        name="gateway",
        num_replicas=replicas,
        max_ongoing_requests=_NO_LIMIT,
        user_config=policy,
        ray_actor_options={"num_cpus": GATEWAY_CPUS, "runtime_env": _runtime_env(settings.metrics_dir)},
        graceful_shutdown_timeout_s=drain_s,
        logging_config={"log_level": "WARNING"},  # its line for each request says what our access log does
    )(GatewayReplica)
    versioned = deployment.options(version=_CODE_VERSION, _internal=True)
    return versioned.bind(settings.model_dump_json(), policy)


def _runtime_env(metrics_dir: Path | None) -> dict[str, Any]:
    # Ray and prometheus-client read these when they are imported, which may be before our code runs. Engine replicas
    # must not see them: vLLM would write its own metrics there, and there is no gateway to hand requests to.
    variables = {SERVES_VARIABLE: MIDDLEWARES_PATH}
    return {"env_vars": variables | ({"PROMETHEUS_MULTIPROC_DIR": str(metrics_dir)} if metrics_dir else {})}
