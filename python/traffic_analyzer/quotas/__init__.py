"""What a device or a network may use: quotas, when they are crossed, and who is told."""
