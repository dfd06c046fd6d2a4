"""Mechanisms that tell the upstream who is asking and what was decided."""
