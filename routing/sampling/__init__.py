"""Drawing several answers to one request, until enough are there to choose from."""
