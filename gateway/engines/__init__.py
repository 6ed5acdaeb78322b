"""Engines as the gateway sees them: OpenAI-compatible endpoints."""
