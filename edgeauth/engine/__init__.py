"""The policy decision point. Start reading in `decide.py`."""
