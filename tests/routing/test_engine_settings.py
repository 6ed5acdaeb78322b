from typing import Any

import pytest
from pydantic import ValidationError

from routing.engine_settings import HttpEngineSettings, LocalEngineSettings, Replicas

LOCAL: dict[str, Any] = {"model": "embedded", "served_name": "smollm2"}


def test_a_base_url_is_kept_without_its_last_slash() -> None:
    assert HttpEngineSettings.model_validate({"urls": ["http://[::1]:8000/v1/"]}).urls == (
        "http://[::1]:8000/v1",
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "ftp://host/v1",
        "http://",
        "http:///v1",
        "http://h:99999/v1",
        "http://h/v1?key=1",
        "http://h/#a",
    ],
)
def test_what_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        HttpEngineSettings.model_validate({"urls": [url]})


def test_a_number_of_replicas_is_fixed() -> None:
    assert LocalEngineSettings.model_validate({**LOCAL, "replicas": 3}).replicas == Replicas(min=3, max=3)
    assert LocalEngineSettings.model_validate(LOCAL).replicas == Replicas(min=1, max=1)


@pytest.mark.parametrize(
    "replicas", [0, True, "2", {"min": 3, "max": 2}, {"min": 1}, {"min": 1, "max": 2, "by": 1}]
)
def test_replicas_that_make_no_sense_are_refused(replicas: object) -> None:
    with pytest.raises(ValidationError):
        LocalEngineSettings.model_validate({**LOCAL, "replicas": replicas}, strict=True)


def test_a_local_engine_serves_its_one_name_and_its_adapters() -> None:
    assert LocalEngineSettings.model_validate(LOCAL).models == ("smollm2",)
    adapters = {"smollm2-sw": "/adapters/sw", "smollm2-தமிழ்": "org/tamil"}
    engine = LocalEngineSettings.model_validate({**LOCAL, "adapters": adapters})
    assert engine.models == ("smollm2", "smollm2-sw", "smollm2-தமிழ்")


@pytest.mark.parametrize("name", ["model", "served_model_name", "lora_modules", "hf_token"])
def test_engine_arguments_that_have_a_place_of_their_own_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match=name):
        LocalEngineSettings.model_validate({**LOCAL, "vllm": {name: "x"}})


@pytest.mark.parametrize("wrong", ['{"dragoman_sampler": true}', ["dragoman_sampler"], True])
def test_configuration_of_plugins_that_is_no_mapping_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError, match="additional_config"):
        LocalEngineSettings.model_validate({**LOCAL, "vllm": {"additional_config": wrong}})


def test_other_engine_arguments_pass_as_they_are() -> None:
    arguments = {"max_model_len": 2048, "enforce_eager": True, "hf_overrides": {"rope": [1.5, None]}}
    assert LocalEngineSettings.model_validate({**LOCAL, "vllm": arguments}).vllm == arguments


@pytest.mark.parametrize(
    "timeouts", [{"connect_s": 0}, {"total_s": -1}, {"total_s": float("inf")}, {"total": 3}]
)
def test_a_wait_is_a_positive_finite_time(timeouts: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        LocalEngineSettings.model_validate({**LOCAL, "timeouts": timeouts})
