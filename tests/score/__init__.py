"""Replays captures through the real programs and compares what is booked with their expected answers."""
