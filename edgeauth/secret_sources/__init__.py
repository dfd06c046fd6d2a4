"""The sources of `secret_management`: read, kept, and exchanged for newer ones as a whole."""
