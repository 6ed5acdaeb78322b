"""What vLLM is told of an engine's adapters."""

from gateway.ray_serve.adapters import adapter_arguments


def test_an_engine_without_adapters_is_started_as_ever() -> None:
    assert adapter_arguments({}) == {}


def test_requests_for_all_adapters_fit_into_one_batch() -> None:
    arguments = adapter_arguments({"m-sw": "/adapters/sw", "m-தமிழ்": "org/tamil"})
    assert len(arguments["lora_modules"]) == 2
    assert arguments["max_loras"] == 3  # and one place stays free for requests without an adapter
    assert arguments["lora_modules"][1] == {"name": "m-தமிழ்", "path": "org/tamil"}
