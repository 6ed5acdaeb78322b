"""The gateway's part of an overlay's Serve config on a real Ray cluster, put there as KubeRay does it."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import yaml

from gateway.ray_serve.processes import free_port
from tests.deploy.manifests import of_kind
from tests.gateway.scripted_engine import HANG, ScriptedEngine, chunk
from tests.stack.running_stack import marked_processes

pytestmark = [pytest.mark.stack, pytest.mark.timeout(900)]

KEY = "sk-cluster"
TOKEN = uuid.uuid4().hex + uuid.uuid4().hex
MARK = "TEST_STACK_MARK"
_SOON_S = 240.0  # seconds each, on a machine that has nothing else to do
POLICY = "version: 1\nengines:\n  house: {{kind: http, urls: ['{url}']}}\ndefault: {default}\n"
DIRECT, ROUTED = "{kind: direct}", "{kind: route, model: other}"
ONE = {"min_replicas": 1, "max_replicas": 1}
ONE_OR_TWO = {"min_replicas": 1, "max_replicas": 2, "target_ongoing_requests": 2}
AT_ONCE = {"upscale_delay_s": 0, "downscale_delay_s": 0, "metrics_interval_s": 0.2, "look_back_period_s": 1}
ASK = {"model": "tiny", "messages": [{"role": "user", "content": "ဒီနေ့ ရာသီဥတု ဘယ်လိုရှိလဲ"}]}


class Cluster:
    """A Ray cluster as ``ray start`` leaves it, with the variables that the overlay gives its pods."""

    def __init__(self, folder: Path) -> None:
        self.port, self._dashboard = free_port(), free_port()
        self.metrics_dir = folder / "metrics"
        self.mark = uuid.uuid4().hex
        self._folder = folder

    def start(self) -> None:
        gcs, agent, agent_grpc, exporter, client = (free_port() for _ in range(5))
        ports = f"--port={gcs} --dashboard-port={self._dashboard} --dashboard-agent-listen-port={agent}"
        ports += f" --dashboard-agent-grpc-port={agent_grpc} --metrics-export-port={exporter}"
        ports += f" --ray-client-server-port={client} --min-worker-port=15000 --max-worker-port=15200"
        rest = '--resources={"gateway":1} --num-cpus=2 --object-store-memory=100000000 --disable-usage-stats'
        subprocess.run(
            [str(Path(sys.executable).with_name("ray")), "start", "--head", *ports.split(), *rest.split()],
            env=self._environment(),
            cwd=self._folder,
            check=True,
            capture_output=True,
            timeout=_SOON_S,
        )

    def _environment(self) -> dict[str, str]:
        [config] = of_kind("many-gpus", "ConfigMap")
        files = {"CONFIG_FILE_LOC": "haproxy.cfg", "SOCKET_PATH": "admin.sock", "SERVER_STATE_FILE": "state"}
        ports = ("HAPROXY_STATS_PORT", "HAPROXY_METRICS_PORT", "FALLBACK_PROXY_HTTP_PORT")
        return {
            **os.environ,
            **config["data"],
            **{f"RAY_SERVE_HAPROXY_{name}": str(self._folder / file) for name, file in files.items()},
            **{f"RAY_SERVE_{name}": str(free_port()) for name in ports},
            "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(self._folder),
            "RAY_SERVE_HAPROXY_BINARY_PATH": str(Path(sys.executable).with_name("dragoman-haproxy")),
            "RAY_SERVE_HAPROXY_MAXCONN": "1000",
            "DRAGOMAN_METRICS_DIR": str(self.metrics_dir),
            "DRAGOMAN_API_KEY": KEY,
            "DRAGOMAN_ENGINE_KEY": "ek",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": TOKEN,
            MARK: self.mark,
        }

    def serve_config(self, policy: str, scaling: Mapping[str, float]) -> dict[str, Any]:
        """The overlay's, with this policy, these ports, this scaling and no GPU."""
        [service] = of_kind("many-gpus", "RayService")
        config: dict[str, Any] = yaml.safe_load(service["spec"]["serveConfigV2"])
        config["http_options"]["port"] = self.port
        config["applications"] = [one for one in config["applications"] if one["name"] == "gateway"]
        [deployment] = config["applications"][0]["deployments"]
        deployment["autoscaling_config"] |= scaling
        variables = deployment["ray_actor_options"]["runtime_env"]["env_vars"]
        variables["PROMETHEUS_MULTIPROC_DIR"] = str(self.metrics_dir)
        deployment["user_config"]["text"] = policy
        return config

    async def put(self, policy: str, token: str = TOKEN, scaling: Mapping[str, float] = ONE) -> int:
        """Applies a config; the dashboard's status."""
        url = f"http://127.0.0.1:{self._dashboard}/api/serve/applications/"
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers) as client:
            async with client.put(url, json=self.serve_config(policy, scaling)) as response:
                return response.status

    async def application(self) -> dict[str, Any]:
        """What the dashboard says of the gateway."""
        url = f"http://127.0.0.1:{self._dashboard}/api/serve/applications/"
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
            async with client.get(url) as response:
                application: dict[str, Any] = (await response.json())["applications"]["gateway"]
                return application

    async def replicas(self) -> list[int]:
        deployment = (await self.application())["deployments"]["gateway"]
        return [replica["pid"] for replica in deployment["replicas"]]

    async def wanted_replicas(self) -> int:
        """How many Serve's autoscaling wants."""
        wanted: int = (await self.application())["deployments"]["gateway"]["target_num_replicas"]
        return wanted

    def stop(self) -> None:
        processes = marked_processes(self.mark)
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=_SOON_S)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    # Below it comes a folder with the node's 56 digits, and a socket's path may have 97 characters.
    with tempfile.TemporaryDirectory(prefix="r-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture
async def client(cluster: Cluster) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with aiohttp.ClientSession(f"http://127.0.0.1:{cluster.port}", headers=headers) as client:
        yield client


async def until_ready(client: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(_SOON_S):
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with client.get("/ready") as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.2)


async def until_past_serve(client: aiohttp.ClientSession) -> None:
    """HAProxy turns to Ray's proxy while it knows no replica. Serve's request ids have dashes, the gateway's none."""
    await until_ready(client)
    async with asyncio.timeout(_SOON_S):
        while True:
            async with client.get("/health") as response:
                if "-" not in response.headers["x-request-id"]:
                    return
            await asyncio.sleep(0.2)


async def model_asked_for(client: aiohttp.ClientSession, engine: ScriptedEngine) -> str:
    async with client.post("/v1/chat/completions", json=ASK) as response:
        assert response.status == 200, await response.text()
        assert response.headers["x-dragoman-language"] == "my"
    model: str = engine.requests[-1]["model"]
    return model


async def test_a_policy_changes_in_place_and_a_wrong_one_changes_nothing(
    cluster: Cluster, client: aiohttp.ClientSession, engine: ScriptedEngine
) -> None:
    engine.models = ("tiny", "other")
    engine.says("မိုးရွာ", "တယ်။")
    assert await cluster.put(POLICY.format(url=engine.url, default=DIRECT), token="x" * 32) in (401, 403)
    assert await cluster.put(POLICY.format(url=engine.url, default=DIRECT)) == 200
    await until_ready(client)
    assert await model_asked_for(client, engine) == "tiny"
    replicas = await cluster.replicas()

    assert await cluster.put(POLICY.format(url=engine.url, default=ROUTED)) == 200
    async with asyncio.timeout(_SOON_S):
        while await model_asked_for(client, engine) != "other":
            await asyncio.sleep(0.1)

    assert await cluster.put(POLICY.format(url=engine.url, default="{kind: rout}")) == 200
    async with asyncio.timeout(_SOON_S):
        while 'reloads_total{outcome="refused"} 1.0' not in await metrics_beside(cluster):
            await asyncio.sleep(0.2)
    assert await model_asked_for(client, engine) == "other"
    assert await cluster.replicas() == replicas
    async with asyncio.timeout(_SOON_S):
        while (status := (await cluster.application())["status"]) == "DEPLOYING":
            await asyncio.sleep(0.2)
    assert status == "RUNNING"


async def test_serve_scales_by_the_requests_that_are_under_way(
    cluster: Cluster, client: aiohttp.ClientSession, engine: ScriptedEngine
) -> None:
    """It wants a second replica, for which there is no room, and none any more when the clients have left."""
    engine.steps = [chunk("မိုး"), HANG]
    policy = POLICY.format(url=engine.url, default=DIRECT)
    assert await cluster.put(policy, scaling=ONE_OR_TWO | AT_ONCE) == 200
    await until_past_serve(client)
    answers = [await client.post("/v1/chat/completions", json=ASK | {"stream": True}) for _ in range(4)]
    async with asyncio.timeout(_SOON_S):
        while await cluster.wanted_replicas() != 2:
            await asyncio.sleep(0.1)
        for answer in answers:
            answer.close()
        while await cluster.wanted_replicas() != 1:
            await asyncio.sleep(0.1)


async def metrics_beside(cluster: Cluster) -> str:
    """What `dragoman metrics` tells, which every gateway pod has in a container of its own."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("dragoman")), "metrics", str(cluster.metrics_dir), f"--port={port}"
    )
    try:
        async with asyncio.timeout(_SOON_S), aiohttp.ClientSession() as client:
            while True:
                with contextlib.suppress(aiohttp.ClientConnectionError):
                    async with client.get(f"http://127.0.0.1:{port}/metrics") as response:
                        return await response.text()
                await asyncio.sleep(0.1)
    finally:
        process.terminate()
        await process.wait()
