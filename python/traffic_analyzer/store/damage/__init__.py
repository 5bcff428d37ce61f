"""Files that are damaged, full disks, and what takes over."""
