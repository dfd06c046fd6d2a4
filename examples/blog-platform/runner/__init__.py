"""Starts the platform, tells what to try, and checks that every story comes true."""
