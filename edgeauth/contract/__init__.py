"""The authorization contract: its keys, its claims, its signature."""
