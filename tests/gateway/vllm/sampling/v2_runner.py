"""Model runner V2 in a real engine without a GPU: vLLM's CPU wheel has it; Triton's interpreter runs its kernels."""

from types import SimpleNamespace

ENVIRONMENT = {"TRITON_INTERPRET": "1", "VLLM_USE_V2_MODEL_RUNNER": "1"}


def show_vllm_a_triton_for_cpus() -> None:
    """vLLM leaves the runner alone where Triton has no backend for CPUs. To be called before vLLM is imported."""
    from triton.backends import backends

    driver = SimpleNamespace(is_active=lambda: True)
    backends["cpu"] = SimpleNamespace(driver=driver)
