"""edgeauth: an identity-aware authorization proxy for the edge of a service landscape.

Start reading in `edgeauth/engine/decide.py`; the floors are described in docs/architecture.md.
"""
