"""What mechanisms are, and what they may ask of the world: Protocols only."""
