"""A reference home: what its devices send and receive, minute by minute, as the kernel would have counted it."""
