"""Mechanisms that say whether a request may pass."""
