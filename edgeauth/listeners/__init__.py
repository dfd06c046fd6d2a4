"""The doors: sockets, the proxy, the decision service, management."""
