"""The core: language, policy, strategies. Plain values and functions; no HTTP, Ray, torch or vLLM."""
