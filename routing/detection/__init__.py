"""Tells the language of a text, and of a conversation. docs/detection.md explains how, with figures."""
