"""Who the clients of a home believe."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..lab.netns import run


class Authority:
    """A CA made for one home, and one certificate for all of its sites."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self.ca, self.certificate, self.key = (folder / name for name in ("ca.pem", "sites.pem", "sites.key"))
        ca_key = folder / "ca.key"
        new = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", 2)  # fmt: skip
        run(*new, "-subj", "/CN=Home CA", "-keyout", ca_key, "-out", self.ca)
        alternatives = ",".join(f"DNS:{name}" for name in names)
        run(*new, "-subj", "/CN=sites", "-addext", f"subjectAltName={alternatives}", "-addext",
            "basicConstraints=CA:FALSE", "-CA", self.ca, "-CAkey", ca_key, "-keyout", self.key, "-out",
            self.certificate)  # fmt: skip
