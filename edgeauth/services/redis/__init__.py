"""Facts in Redis, shared by processes that have the same key.

Trust: Redis is a stranger that may lie, leak, forget, hang and die. What it says is believed only
where it was written with our key, and whatever it does, the worst of it is that facts have to be
learned again; only what remembers replays says "no" then.
"""
