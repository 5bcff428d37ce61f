"""What counting costs: per packet in the kernel, per flow on the way to the database, in the daemon's memory."""
