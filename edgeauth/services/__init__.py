"""Adapters that touch the world: clocks, HTTP, caches, keys, the decision log."""
