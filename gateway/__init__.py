"""The edge: the OpenAI wire, the app, engines, Ray Serve and the command line."""
