"""The languages inside rules: conditions (CEL), templates (Go text/template) and selectors.

All three are compiled once, at load, and read the same objects (`objects.py`), which give access
to declared members only: an expression can not reach a Python attribute that is not listed.
"""
