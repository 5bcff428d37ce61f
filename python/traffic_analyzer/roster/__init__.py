"""What devices are called, and who says so."""
