"""What only a guest can do: kernels with VLANs, PPPoE and flowtables, and a clock that may be set."""
