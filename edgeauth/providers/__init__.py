"""Where rule sets come from."""
