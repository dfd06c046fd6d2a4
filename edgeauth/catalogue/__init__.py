"""Configured mechanisms and rule specifications become rules."""
