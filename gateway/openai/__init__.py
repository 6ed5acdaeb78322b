"""The OpenAI wire as clients speak it: requests in, and what the gateway needs to know of them."""
