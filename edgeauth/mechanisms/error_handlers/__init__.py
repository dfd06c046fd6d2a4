"""Mechanisms that turn a refusal into an answer."""
