"""Mechanisms that establish who is asking."""
