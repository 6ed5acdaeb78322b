"""The applications of a cluster that somebody else starts, such as KubeRay's: what a Serve config names to import.

A Serve config says of each application where it is imported from, with which arguments, and how many replicas it gets.
Ray calls these two functions on some node of the cluster, so every node must have the same ``DRAGOMAN_`` variables.
deploy/kubernetes/base/ray has such a config.
"""

import os

from ray.serve import Application

from gateway.environment import read_settings
from gateway.ray_serve.engine import build_engine
from gateway.ray_serve.gateway_replica import PolicyText, build_gateway
from gateway.settings import Settings
from routing.engine_settings import LocalEngineSettings, Timeouts
from routing.errors import ConfigError


class DeclaredEngine(LocalEngineSettings):
    """The arguments of `engine`: what a policy says of a local engine.

    gpu: whether each vLLM worker gets a GPU. It has to be said, since at first there may be no node that has one.
    """

    gpu: bool = True


def engine(arguments: DeclaredEngine) -> Application:
    """vLLM replicas, to be run under ``/engines/NAME``. Raises `ConfigError` where the settings lack a key."""
    return build_engine(
        arguments, model=arguments.model, engine_key=_settings().engine_key, has_gpu=arguments.gpu
    )


def gateway(arguments: dict[str, object]) -> Application:
    """The gateway, to be run under ``/``. It takes no arguments.

    The config gives the deployment ``gateway`` its policy as ``user_config``, with ``text`` and ``source``: another
    text then reaches running replicas without replacing them. Raises `ConfigError` where the settings lack a key.
    """
    if arguments:
        raise ConfigError(f"the gateway takes no arguments: {', '.join(arguments)}")
    no_policy_yet = PolicyText(text="", source="user_config of the deployment gateway")
    return build_gateway(_settings(), no_policy_yet, replicas=1, drain_s=Timeouts().total_s)


def _settings() -> Settings:
    """One start makes keys for itself; here each node would make others."""
    settings = read_settings(os.environ)
    if not settings.engine_key:
        raise ConfigError("DRAGOMAN_ENGINE_KEY must be set, to the same on every node of the cluster")
    if not settings.api_key and settings.keys_path is None:
        raise ConfigError("DRAGOMAN_API_KEY or DRAGOMAN_KEYS_PATH must be set: nobody could get in")
    return settings
