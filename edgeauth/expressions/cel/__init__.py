"""Conditions: CEL, compiled to closures."""
