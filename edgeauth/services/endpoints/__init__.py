"""Calls of configured endpoints over HTTP.

A call passes, from the outside in: its deadline (`client`), the answers at hand (`answers`), the
attempts (`attempts`), who we say we are (`authentication`), the endpoint's gate (`gates`), and the
connection (`connections`, `exchange`).
"""

from edgeauth.services.endpoints.client import HttpEndpoints

__all__ = ["HttpEndpoints"]
