"""Router steering inside vLLM, per request. docs/steering.md says what is promised and how it is switched on."""
