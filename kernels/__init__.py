"""Tensor code: one folder an op. Knows nothing of languages or requests."""
