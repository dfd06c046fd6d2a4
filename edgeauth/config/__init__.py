"""Text to typed specifications: YAML with positions, and errors that point at a character."""
