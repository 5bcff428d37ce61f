"""What tests, demo, score and benchmarks are made in: namespaces, frames, running collectors."""
