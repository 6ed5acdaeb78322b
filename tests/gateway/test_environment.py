"""Settings from the environment: all of them, under the command line's, and nothing misspelt."""

import os
from pathlib import Path

import pytest

from gateway.environment import read_settings, variable_names
from gateway.settings import Limits, Settings
from routing.errors import ConfigError

ROOT = Path(__file__).resolve().parent.parent.parent


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read_settings({}) == Settings()


def test_variables_are_read_and_the_command_line_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_LIMITS__CHOICES", "3")
    monkeypatch.setenv("DRAGOMAN_QUEUE__MAX_WAIT_S", "0.5")
    monkeypatch.setenv("DRAGOMAN_API_KEY", "sk-environment")
    settings = read_settings(os.environ, api_key="sk-command-line")
    assert settings.limits == Limits(choices=3)
    assert settings.queue.max_wait_s == 0.5
    assert settings.api_key == "sk-command-line"
    assert type(settings) is Settings


def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_LIMITS__BODY_BYTES", "-1")
    with pytest.raises(ConfigError, match=r"DRAGOMAN_LIMITS__BODY_BYTES: .*greater than 0"):
        read_settings(os.environ)


def test_a_misspelt_variable_is_not_taken_for_none() -> None:
    with pytest.raises(ConfigError, match=r"DRAGOMAN_LIMITS__TOKEN: .* did you mean DRAGOMAN_LIMITS__TOKENS"):
        read_settings({"DRAGOMAN_LIMITS__TOKEN": "5"})


def test_a_sites_own_variables_are_left_alone() -> None:
    assert read_settings({"DRAGOMAN_HOUSE_ENGINE_KEY": "x", "OTHER": "y"}) == Settings()


def test_the_page_of_settings_lists_every_variable_and_no_other() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    listed = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    assert listed == set(variable_names())
