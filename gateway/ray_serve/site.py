"""What runs on the cluster: an application for each local engine, and one for the gateway."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ray import serve
from ray.serve.schema import ApplicationStatus, ApplicationStatusOverview

from gateway.ray_serve.engine import build_engine
from gateway.ray_serve.failure_cause import cause_of
from gateway.ray_serve.gateway_replica import PolicyText, build_gateway
from gateway.ray_serve.local_engines import local_engines
from gateway.settings import Settings
from routing.errors import ConfigError, EngineUnavailable
from routing.policy import Policy
from routing.policy_file import parse_policy

_GATEWAY = "gateway"
_POLL_S = 0.25
_LOGS = "Everything that its processes said is in /tmp/ray/session_latest/logs."


@dataclass(frozen=True, slots=True)
class Site:
    """A gateway and its engines.

    policy_text: the policy as it was read from ``policy_source``.
    models: what each local engine loads, a folder or a Hugging Face name, by the engine's name.
    """

    settings: Settings
    policy_text: str
    policy_source: str
    models: Mapping[str, str]
    gateway_replicas: int

    @property
    def policy(self) -> Policy:
        """The policy that the text says. Raises `ConfigError`."""
        return parse_policy(self.policy_text, self.policy_source)


def deploy(site: Site, *, has_gpu: bool, report: Callable[[str], None]) -> None:
    """Starts all applications at once and returns when every one runs; a model takes half a minute and more.

    Raises `EngineUnavailable` where one cannot be started.
    """
    targets = [*_engine_targets(site, has_gpu=has_gpu), _gateway_target(site)]
    serve.run_many(targets, wait_for_applications_running=False)
    waiting = [target.name for target in targets]
    while waiting:
        report(f"starting {', '.join(waiting)}")
        time.sleep(_POLL_S)
        applications = serve.status().applications
        waiting = [name for name in waiting if not _is_running(name, applications[name])]


def redeploy_policy(site: Site, policy_text: str) -> Site:
    """Puts another policy in force in all gateway replicas, without replacing one; the site as it is then.

    Raises `ConfigError` where the policy is wrong, or wants other local engines than those that run.
    """
    changed = replace(site, policy_text=policy_text)
    if local_engines(changed.policy) != local_engines(site.policy):
        raise ConfigError(f"{site.policy_source}: local engines can only change with a restart")
    serve.run_many([_gateway_target(changed)])
    return changed


def drain() -> None:
    """Takes no new requests, and returns when those in flight have ended or their time is over."""
    serve.delete(_GATEWAY, _blocking=False)
    while _GATEWAY in serve.status().applications:
        time.sleep(_POLL_S)


def _engine_targets(site: Site, *, has_gpu: bool) -> list[serve.RunTarget]:
    return [
        serve.RunTarget(
            build_engine(
                engine, model=site.models[name], engine_key=site.settings.engine_key, has_gpu=has_gpu
            ),
            name=f"engine-{name}",
            route_prefix=f"/engines/{name}",
        )
        for name, engine in local_engines(site.policy).items()
    ]


def _gateway_target(site: Site) -> serve.RunTarget:
    drain_s = max(engine.timeouts.total_s for engine in site.policy.engines.values())
    application = build_gateway(
        site.settings,
        PolicyText(text=site.policy_text, source=site.policy_source),
        replicas=site.gateway_replicas,
        drain_s=drain_s,
    )
    return serve.RunTarget(application, name=_GATEWAY, route_prefix="/")


def _is_running(name: str, application: ApplicationStatusOverview) -> bool:
    if application.status in {ApplicationStatus.DEPLOY_FAILED, ApplicationStatus.UNHEALTHY}:
        causes = [cause_of(deployment.message) for deployment in application.deployments.values()]
        raise EngineUnavailable("\n".join([f"{name} could not be started:", *causes, _LOGS]))
    return application.status == ApplicationStatus.RUNNING
