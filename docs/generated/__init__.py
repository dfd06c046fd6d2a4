"""What the generated reference pages are made of."""
