"""Standards as pure functions: bytes in, values out; no clock, no socket, no log.

One RFC, or a few sections of one, a file. Everything here reads what a stranger sent.
"""
