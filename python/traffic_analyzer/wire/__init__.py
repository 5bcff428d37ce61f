"""Bytes to messages, sans-I/O: a parser returns a message, None (need more) or raises WireError."""
