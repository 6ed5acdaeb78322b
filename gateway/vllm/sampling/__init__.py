"""Our sampler in place of vLLM's, in engines whose configuration asks for it."""
