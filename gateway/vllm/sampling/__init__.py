"""Our sampler in place of vLLM's, in engines on the CPU whose configuration asks for it."""
