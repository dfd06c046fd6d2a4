"""Templates: Go text/template, compiled to closures."""
