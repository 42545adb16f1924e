"""The steward: what an operator wants of many stations, and how it becomes true."""
