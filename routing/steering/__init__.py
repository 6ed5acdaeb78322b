"""Steering profiles: what they hold, which model they fit, and how a request asks for one."""
