"""Where a home network's traffic goes: which device, which site, which protocol, how much, and how sure we are."""

__version__ = "0.1.0"
