"""The dashboard's queries, asked of a real Prometheus that scrapes a real gateway."""

import asyncio
import json
import math
import re
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, start_http_server
from starlette.types import Message, Receive, Scope, Send

from gateway.ray_serve.processes import free_port
from gateway.vllm.mask_metrics import MaskMetrics
from gateway.vllm.sampling.metrics import SamplerMetrics
from gateway.vllm.steering.metrics import SteeringCollector
from tests.deploy.test_prometheus_rules import exposed, metric_names
from tests.gateway.commands.test_serve_process import KEY, serving
from tests.gateway.engine_answers import chat_steps
from tests.gateway.scripted_engine import HANG, ScriptedEngine, chat_document, chunk

DASHBOARD: dict[str, Any] = json.loads(Path("deploy/grafana/dashboard.json").read_text("utf-8"))

NOBODY = "http://127.0.0.1:9/v1"
POLICY = """
version: 1
engines:
  house: {{kind: http, urls: ["{nobody}", "{url}"], models: [tiny]}}
  gone: {{kind: http, urls: ["{nobody}"], models: [lost], fallback: house, fallback_model: tiny}}
contract: {{level: flag}}
rules:
  - name: chosen among samples
    when: {{language: sw}}
    strategy: {{kind: samples, n: 2, selector: {{kind: mbr}}, inner: {{kind: direct}}}}
  - name: translated in vain, since the link gets lost
    when: {{language: ne}}
    strategy: {{kind: attempt, inner: {{kind: self_translate, skip: []}}, otherwise: [{{kind: direct}}]}}
  - name: left alone
    when: {{language: de}}
    strategy: {{kind: self_translate}}
"""
ANSWER = ("Habari ya asubuhi, rafiki yangu. ", "Karibu sana nyumbani kwetu, chakula kiko tayari.")
REQUESTS = 'sum(dragoman_requests_total{endpoint="chat/completions"})'
TEXTS = (
    "Habari ya asubuhi, rafiki yangu, unaendeleaje leo nyumbani?",
    "तपाईंलाई कस्तो छ? कृपया https://example.org/a?b=1 पढ्नुहोस् र मलाई भन्नुहोस्।",
    "မင်္ဂလာပါ၊ နေကောင်းလား",
    "Guten Morgen, wie geht es dir heute, mein lieber Freund?",
    "ok",
)
SCRAPE = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: dragoman
    static_configs: [{{targets: {targets}}}]
"""


def panels() -> Iterator[dict[str, Any]]:
    yield from (panel for panel in DASHBOARD["panels"] if panel["type"] != "row")


def queries() -> list[tuple[str, str]]:
    return [(panel["title"], target["expr"]) for panel in panels() for target in panel["targets"]]


def query_as_grafana_sends_it(expression: str) -> str:
    """With Grafana's variables filled in."""
    filled = expression.replace("$__rate_interval", "5m").replace("$__range", "1m").replace("$model", ".*")
    assert "$" not in filled
    return filled


def of_engines() -> CollectorRegistry:
    """What an engine that steers and masks adds to its own metrics, with counts that somebody else has made."""
    registry = CollectorRegistry()
    admission = SimpleNamespace(admitted={"maths-sw": 3}, refused=1, profiles={"maths-sw", "maths-my"})
    control: Any = SimpleNamespace(admission=admission, tokens_steered={"maths-sw": 120})
    registry.register(SteeringCollector(control))
    MaskMetrics(_nowhere, registry)
    asyncio.run(_scraped(SamplerMetrics(_nowhere, registry)))
    return registry


async def _scraped(metrics: SamplerMetrics) -> None:
    """Asks its engine, as a scrape does."""

    async def collective_rpc(_: str) -> list[dict[str, int]]:
        return [{"dragoman": 7, "vllm": 2}]

    state = SimpleNamespace(engine_client=SimpleNamespace(collective_rpc=collective_rpc))
    await metrics({"type": "http", "path": "/metrics", "app": SimpleNamespace(state=state)}, _receive, _send)


async def _receive() -> Message:
    raise AssertionError


async def _send(message: Message) -> None:
    raise AssertionError


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    """Where a scrape would go on to."""


def names_of_engines() -> set[str]:
    return {family.name for family in of_engines().collect()}


@pytest.fixture
def engine_page() -> Iterator[str]:
    """Where Prometheus finds it."""
    server, thread = start_http_server(0, addr="127.0.0.1", registry=of_engines())
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_every_panel_says_what_it_shows_and_lies_on_no_other() -> None:
    places = []
    for panel in panels():
        assert panel["title"]
        assert panel["description"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        at = panel["gridPos"]
        assert 0 <= at["x"] < at["x"] + at["w"] <= 24
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        places.append(cells)
    assert all(not one & other for one, other in combinations(places, 2))
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(numbers) == len(set(numbers))


def test_queries_ask_for_metrics_and_labels_that_the_gateway_has() -> None:
    for title, expression in queries():
        assert metric_names(expression), title
        assert metric_names(expression) <= exposed() | names_of_engines(), title


def test_every_metric_of_gateway_and_engines_is_shown() -> None:
    assert exposed() | names_of_engines() <= {
        name for _, expression in queries() for name in metric_names(expression)
    }


def test_legends_name_labels_that_their_queries_keep() -> None:
    for panel in panels():
        for target in panel["targets"]:
            kept = re.findall(r"by \(([^)]*)\)", target["expr"])
            labels = {label.strip() for group in kept for label in group.split(",")}
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= labels, panel["title"]


@asynccontextmanager
async def prometheus(folder: Path, *targets: str) -> AsyncIterator[str]:
    """One that scrapes the targets once a second; its base URL."""
    if not shutil.which("prometheus"):
        pytest.skip("Prometheus is not installed; Debian has it in the package prometheus")
    (folder / "prometheus.yaml").write_text(SCRAPE.format(targets=json.dumps(targets)), "utf-8")
    address = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        "prometheus",
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
        "--log.level=error",
    )
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        await process.wait()


async def use_it(client: aiohttp.ClientSession, url: str, engine: ScriptedEngine) -> None:
    """One request of each kind that the dashboard tells apart."""
    engine.steps = chat_steps(*({"content": piece} for piece in ANSWER))
    engine.document = chat_document("".join(ANSWER))
    for text in TEXTS:
        for asked in (
            {"model": "tiny"},
            {"model": "tiny", "stream": True},
            {"model": "lost"},
            {"model": "none"},
        ):
            ask = {**asked, "messages": [{"role": "user", "content": text}]}
            async with client.post(f"{url}/v1/chat/completions", json=ask) as response:
                await response.read()
    engine.steps = [chunk("Nzuri"), HANG]
    ask = {"model": "tiny", "stream": True, "messages": [{"role": "user", "content": TEXTS[2]}]}
    async with client.post(f"{url}/v1/chat/completions", json=ask) as response:
        await response.content.readuntil(b"\n\n")


async def values(client: aiohttp.ClientSession, prometheus_url: str, expression: str) -> list[float]:
    """What Prometheus answers; nothing while it does not yet listen, or says that it is not ready."""
    try:
        async with client.get(f"{prometheus_url}/api/v1/query", params={"query": expression}) as response:
            if response.status == 503:
                return []
            answer = await response.json()
    except aiohttp.ClientConnectionError:
        return []
    assert answer["status"] == "success", answer
    return [float(series["value"][1]) for series in answer["data"]["result"]]


async def until_scraped(
    client: aiohttp.ClientSession, prometheus_url: str, expression: str, expected: list[float]
) -> None:
    """Prometheus thinks for five seconds before it scrapes at all."""
    async with asyncio.timeout(120):
        while (found := await values(client, prometheus_url, expression)) != expected:
            assert not found or expression == "up" or max(found) < max(expected), found
            await asyncio.sleep(0.1)


async def test_every_query_shows_something_of_a_gateway_in_use(
    engine: ScriptedEngine, engine_page: str, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY.format(url=engine.url, nobody=NOBODY), "utf-8")
    async with (
        serving("--config", str(policy), "--without-ray") as (url, process),
        prometheus(tmp_path, url.removeprefix("http://"), engine_page) as prometheus_url,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as client,
    ):
        await until_scraped(client, prometheus_url, "up", [1.0, 1.0])
        process.send_signal(signal.SIGHUP)
        for used in (1, 2, 3):  # a rate needs a counter that grows between two scrapes
            await use_it(client, url, engine)
            await until_scraped(client, prometheus_url, REQUESTS, [21.0 * used])
        for title, expression in queries():
            found = await values(client, prometheus_url, query_as_grafana_sends_it(expression))
            assert found, title
            assert all(math.isfinite(value) for value in found), (title, found)
        broken = query_as_grafana_sends_it(dict(queries())["Broken, by language"])
        assert sorted(await values(client, prometheus_url, broken)) == [0.0, 1.0, 1.0, 1.0]  # Swahili is kept
        assert await values(client, prometheus_url, "sum(dragoman_requests_total{language='my'})")
        assert not await values(client, prometheus_url, "sum(dragoman_no_such_thing)")
