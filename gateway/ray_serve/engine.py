"""vLLM replicas of one local engine: Ray Serve LLM with vLLM's own OpenAI app in each replica."""

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from ray import serve
from ray.serve import Application

from gateway.ray_serve.adapters import adapter_arguments, with_adapters
from gateway.ray_serve.default_sampling import sampling_config
from gateway.ray_serve.engine_disconnect import DisconnectBeforeCancel
from gateway.ray_serve.engine_guard import RequireKey
from gateway.ray_serve.language_mask import counts_masks, with_language_mask
from gateway.ray_serve.local_engines import workers_per_replica
from routing.engine_settings import SAMPLER_CONFIG, LocalEngineSettings, Replicas

if TYPE_CHECKING:
    from ray.llm._internal.serve.core.server.llm_server import LLMServer

_NO_LIMIT = 1_000_000
"""How many requests a replica takes at once: the gateway's own queue and vLLM's scheduler decide instead."""


@serve.ingress()
class EngineReplica:
    """Ray's LLM server, with a key of ours on every path of vLLM's app.

    It is held and not inherited from, so that only replicas import vLLM: that takes five seconds and 600 MB.
    """

    def __init__(self, llm_config: dict[str, Any], engine_key: str) -> None:
        self._llm_config = llm_config
        self._engine_key = engine_key

    async def __serve_build_asgi_app__(self) -> FastAPI:
        llm_config = with_language_mask(with_adapters(self._llm_config))
        self._server = await _start_server(llm_config)
        app: FastAPI = await self._server.__serve_build_asgi_app__()
        if counts_masks(llm_config):
            _count_masks(app)
        if llm_config["engine_kwargs"]["additional_config"][SAMPLER_CONFIG]:
            _count_sampled_rows(app)
        app.add_middleware(DisconnectBeforeCancel)
        app.add_middleware(RequireKey, key=self._engine_key)
        return app

    async def check_health(self) -> None:
        """Called by Ray Serve every few seconds; a replica whose vLLM died is replaced."""
        await self._server.check_health()


def _count_masks(app: FastAPI) -> None:
    from gateway.vllm.mask_metrics import MaskMetrics

    app.add_middleware(MaskMetrics)


def _count_sampled_rows(app: FastAPI) -> None:
    from gateway.vllm.sampling.metrics import SamplerMetrics

    app.add_middleware(SamplerMetrics)


async def _start_server(llm_config: dict[str, Any]) -> "LLMServer":
    from ray.serve.llm import LLMConfig
    from ray.serve.llm.deployment import LLMServer

    from gateway.vllm.plugin import register

    # vLLM would do so, but not where VLLM_PLUGINS names others; and what asks for our plugin must not start without.
    register()

    class Server(LLMServer):
        async def _start_engine(self) -> None:
            # Ray's own then starts an actor that gathers usage statistics: 400 MB, and seconds of a small CPU.
            assert self.engine is not None, "start() makes it"
            await self.engine.start()

    server = Server.sync_init(LLMConfig(**llm_config))
    await server.start()
    return server


def build_engine(settings: LocalEngineSettings, *, model: str, engine_key: str, has_gpu: bool) -> Application:
    """The Ray Serve application of an engine, to be run under ``/engines/<its name>``.

    model: a folder or a Hugging Face name. Each vLLM worker gets one GPU or, without GPUs, one CPU. HAProxy
    spreads requests over the replicas by open connections: a router of Ray's would cost each a further hop.
    """
    bundles = [{"GPU" if has_gpu else "CPU": 1.0}] * workers_per_replica(settings.vllm)
    llm_config = {
        "model_loading_config": {"model_id": settings.served_name, "model_source": model},
        "engine_kwargs": {
            **adapter_arguments(settings.adapters),
            **settings.vllm,
            "additional_config": sampling_config(settings, has_gpu=has_gpu),
        },
        "placement_group_config": {"bundles": bundles},
        "log_engine_metrics": False,  # else vLLM's metrics go to Ray's agent, and its own /metrics lacks them
    }
    deployment = serve.deployment(
        max_ongoing_requests=_NO_LIMIT,
        # The replica's own actor only waits for the workers, which have a GPU or CPU each.
        ray_actor_options={"num_cpus": 0},
        placement_group_bundles=bundles,
        graceful_shutdown_timeout_s=settings.timeouts.total_s,
        health_check_timeout_s=30,
        **_scaling(settings.replicas),
    )(EngineReplica)
    return deployment.bind(llm_config, engine_key)


def _scaling(replicas: Replicas) -> dict[str, Any]:
    if replicas.min == replicas.max:
        return {"num_replicas": replicas.min}
    bounds = {"min_replicas": replicas.min, "max_replicas": replicas.max}
    target = {"target_ongoing_requests": replicas.target_ongoing_requests}
    return {"autoscaling_config": {**bounds, **target}}
