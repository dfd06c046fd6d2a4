"""The command line: `edgeauth serve`, `edgeauth validate`. The only place that prints."""
