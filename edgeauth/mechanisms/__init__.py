"""The catalogue of mechanism types, one file each; `builtins.py` lists them all."""
