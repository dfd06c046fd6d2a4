"""Mechanisms that find out what else is known (policy information points)."""
