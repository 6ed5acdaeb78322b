"""What one gateway process is told at its start, apart from the policy."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """What one request may ask at most; more is refused with a 4xx that names the field."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body_bytes: int = Field(default=8 * 1024 * 1024, gt=0)
    body_s: float = Field(default=30.0, gt=0)
    prompt_chars: int = Field(default=1_000_000, gt=0)
    choices: int = Field(default=16, gt=0)
    tokens: int = Field(default=32_768, gt=0)
    remote_media: bool = False


class Queue(BaseModel):
    """How many requests one gateway process works on, and how many may wait."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_inflight: int = Field(default=512, gt=0)
    max_waiting: int = Field(default=1024, ge=0)
    max_wait_s: float = Field(default=30.0, gt=0)


class Settings(BaseModel):
    """Read once, then frozen; travels to Ray Serve replicas as JSON.

    engine_base_url: where the route of a local engine starts: ``{engine_base_url}/engines/{name}/v1``.
    engine_key: what local engines want as bearer token. Never shown.
    detector_path: another fastText model than the one that comes with the package.
    keep_alive_s: how long a streamed answer may be prepared before comments keep its connection alive, and how long
        between two of them. The first settles the status: what fails later is an error event.
    metrics_dir: a folder where the counters of several processes on one machine meet; None for one process.
    otlp_endpoint: where traces go, such as ``http://collector:4318/v1/traces``; None for no traces.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    engine_base_url: str = "http://127.0.0.1:8000"
    engine_key: str = Field(default="", repr=False)
    keys_path: Path | None = None
    api_key: str = Field(default="", repr=False)
    limits: Limits = Limits()
    queue: Queue = Queue()
    detector_path: Path | None = None
    metrics_dir: Path | None = None
    access_log: bool = True
    keep_alive_s: float = Field(default=10.0, gt=0)
    otlp_endpoint: str | None = None
