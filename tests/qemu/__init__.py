"""The project under other kernels: those of Debian, booted in QEMU on this machine's own root. See ``machine``."""
