"""Text to typed specifications: YAML with positions, models, and errors that point at a character."""
