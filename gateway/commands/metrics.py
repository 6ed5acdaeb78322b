"""``dragoman metrics``: the sum of several gateway processes' metrics, on a port of its own."""

import threading
from pathlib import Path

import click
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector


@click.command("metrics")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--port", type=click.IntRange(1, 65535), default=9464, show_default=True)
def metrics(folder: Path, port: int) -> None:
    """Serve the metrics that gateway processes leave in FOLDER (DRAGOMAN_METRICS_DIR), on every interface.

    For gateways under Ray Serve on several machines: their own /metrics answers for any one of the machines, as the
    load balancer likes. One of these beside them on each machine answers for that machine.
    """
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    try:
        start_http_server(port, registry=registry)
    except OSError as error:
        raise click.ClickException(f"--port {port}: {error.strerror}") from error
    threading.Event().wait()
