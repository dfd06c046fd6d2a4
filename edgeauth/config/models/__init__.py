"""The shapes of what is written: the configuration of the process, and rule sets."""
