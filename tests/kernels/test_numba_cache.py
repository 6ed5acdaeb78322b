"""Compiled code is kept where it can be, and used anyhow."""

import logging
from typing import Any

import numba
import pytest

from kernels._numba_cache import kept


def _twice() -> Any:
    @kept(error_model="numpy")
    def twice(number: Any) -> Any:
        return 2 * number

    return twice


def test_compiled_code_is_kept_where_there_is_a_folder() -> None:
    twice = _twice()
    assert twice(21) == 42
    assert twice.stats.cache_path


def test_without_a_folder_it_is_compiled_all_the_same_and_told_of(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_LOCATOR_CLASSES", "ZipCacheLocator")  # for what lies in archives
    with caplog.at_level(logging.WARNING, "dragoman"):
        twice = _twice()
    assert twice(21) == 42
    assert "twice is compiled at each start" in caplog.text
