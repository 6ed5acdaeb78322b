"""The scripted engine, for tests of what runs beside a gateway."""

from tests.gateway.conftest import engine

__all__ = ["engine"]
