"""The simple tests of google/cel-spec against the conditions."""
