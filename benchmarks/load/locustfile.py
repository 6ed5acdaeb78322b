"""For locust; benchmarks/README.md has the commands.

Names in the report: ``answer``, ``first token`` and ``between tokens``, each by language, by kind of prompt and by the
strategy that the gateway took.
"""

import os
import random
from pathlib import Path
from time import perf_counter, time
from typing import Any, ClassVar

from locust import HttpUser, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from benchmarks.load.stream import BadAnswer, Seen, read_stream
from benchmarks.load.tally import Tally, with_table
from benchmarks.load.workload import Prompt, requests, workload

BURST_EVERY_S = 10.0
KEY_VARIABLE = "DRAGOMAN_API_KEY"


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def _options(parser: LocustArgumentParser) -> None:
    parser.add_argument("--model", default="stub", help="What to ask for")
    parser.add_argument("--tokens", type=int, default=64, help="The longest answer")
    parser.add_argument("--arrivals", choices=["steady", "random", "bursts"], default="random")
    parser.add_argument("--per-user-s", type=float, default=2.0, help="Seconds between a user's requests")


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def _table(environment: Environment, **_: Any) -> None:
    print(Client.tally.table())
    options = environment.parsed_options
    if options and options.html_file:  # locust has written it by now
        path = Path(options.html_file)
        path.write_text(with_table(path.read_text("utf-8"), Client.tally), "utf-8")


def _pause(user: "Client") -> float:
    options = user.environment.parsed_options
    assert options is not None
    if options.arrivals == "random":
        return random.expovariate(1 / options.per_user_s)
    if options.arrivals == "bursts":
        return BURST_EVERY_S - time() % BURST_EVERY_S
    return float(options.per_user_s)


class Client(HttpUser):
    """A tenant with prompts in every language. All share the key of the environment."""

    wait_time = _pause
    tally: ClassVar[Tally] = Tally()

    def on_start(self) -> None:
        """Chooses where this client begins in the workload."""
        self.prompts = requests(workload(), seed=random.randrange(1_000_000))
        self.asks: dict[str, object] = {}
        self.client.headers["authorization"] = f"Bearer {os.environ.get(KEY_VARIABLE, '')}"

    @task
    def ask(self) -> None:
        """One streamed chat request."""
        prompt = next(self.prompts)
        options = self.environment.parsed_options
        assert options is not None
        body = {
            "model": options.model,
            "messages": [{"role": "user", "content": prompt.text}],
            "max_tokens": options.tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            **self.asks,
        }
        began_s = perf_counter()
        name = f"answer, {prompt.language}"
        with self.client.post(
            "/v1/chat/completions", json=body, stream=True, catch_response=True, name=name
        ) as response:
            if response.status_code != 200:
                response.failure(f"{response.status_code} {response.text[:200]}")
                return
            try:
                seen = read_stream(response.iter_lines(), began_s)
            except BadAnswer as error:
                response.failure(str(error))
                return
            response.success()
        self._report(prompt, seen, response.headers.get("x-dragoman-strategy") or "-")
        told = response.headers.get("x-dragoman-language")
        if told:  # other gateways may refuse what they do not know
            self.asks = {"dragoman": {"explain": True}}
        self.tally.count(prompt, seen, told)

    def _report(self, prompt: Prompt, seen: Seen, strategy: str) -> None:
        for label in (prompt.language, f"{prompt.kind} prompts", f"strategy {strategy}"):
            self._fire(f"first token, {label}", seen.first_s)
            for between_s in seen.between_s:
                self._fire(f"between tokens, {label}", between_s)

    def _fire(self, name: str, seconds: float) -> None:
        self.environment.events.request.fire(
            request_type="SSE",
            name=name,
            response_time=seconds * 1000,
            response_length=0,
            exception=None,
            context={},
        )
