"""The kernel's side: libbpf, maps, programs, tc. Nothing above this room knows libbpf or pyroute2."""
