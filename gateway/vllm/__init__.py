"""What runs inside vLLM: a logits processor and a plugin. Nothing else of the gateway imports vLLM or the kernels."""
