"""Values that everything else speaks in: immutable, no I/O, standard library and structs only."""
