"""What is counted while requests are decided, and how it is told.

Counting is a few additions to plain numbers; names, labels and text are made when somebody asks.
"""
