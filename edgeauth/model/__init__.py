"""Values that everything else speaks in: standard library only, immutable, no I/O."""
