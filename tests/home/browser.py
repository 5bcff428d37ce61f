"""Chromium and Firefox, as a user of a client runs them: a new profile for each page, and the home's CA trusted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from ..lab.netns import run
from .house import Client
from .trust import Authority

PROGRAMS = ("chromium", "firefox-esr", "certutil")
_LOAD_S = 60
_TITLE = "<title>home page</title>"

_CHROMIUM = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
             "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip
_FIREFOX = {
    "network.dns.native_https_query": True,
    "network.http.http3.disable_when_third_party_roots_found": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "security.OCSP.enabled": 0,
}


def missing_browsers() -> list[str]:
    """Those of ``PROGRAMS`` that this machine does not have."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def _store(folder: Path, authority: Authority) -> None:
    """A certificate store that believes *authority*."""
    folder.mkdir(parents=True)
    run("certutil", "-d", f"sql:{folder}", "-N", "--empty-password")
    run("certutil", "-d", f"sql:{folder}", "-A", "-t", "C,,", "-n", "home", "-i", authority.ca)


class Browsers:
    """Both, with what they share between pages. *folder* holds their files."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        self._folder = folder / "browsers"
        self._user, self._profile = self._folder / "user", self._folder / "profile"
        _store(self._user / ".pki" / "nssdb", authority)
        _store(self._profile, authority)
        preferences = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _FIREFOX.items())
        (self._profile / "user.js").write_text("".join(preferences))

    def _run(self, client: Client, *argv: object) -> str:
        """What a browser prints. It ends with all of its processes.

        :raises AssertionError: it failed, or took too long; with what it said.
        """
        environment = os.environ | {"HOME": str(self._user), "MOZ_HEADLESS": "1", "MOZ_CRASHREPORTER_DISABLE": "1"}
        environment.pop("DISPLAY", None)
        with tempfile.TemporaryFile("w+", dir=self._folder) as said:
            process = subprocess.Popen(client.command(*argv), stdout=subprocess.PIPE, stderr=said, text=True,
                                       env=environment, start_new_session=True)  # fmt: skip
            try:
                printed, _ = process.communicate(timeout=_LOAD_S)
            except subprocess.TimeoutExpired:
                printed = ""
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                if process.stdout:
                    process.stdout.close()
            said.seek(0)
            assert process.returncode == 0, f"{argv}: exit status {process.returncode}: {said.read()}"
        return printed

    def chromium(self, client: Client, url: str, *flags: str, local_state: object = None) -> None:
        """Loads a page; AssertionError where it is not the one that the servers of the home have.

        :param local_state: content of the profile's ``Local State``, where it has one.
        """
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as profile:
            if local_state is not None:
                (Path(profile) / "Local State").write_text(json.dumps(local_state))
            printed = self._run(client, *_CHROMIUM, *flags, f"--user-data-dir={profile}", "--dump-dom", url)
        assert _TITLE in printed, f"chromium {url}: another page: {printed[:500]}"

    def firefox(self, client: Client, url: str) -> None:
        """Loads a page and draws it; AssertionError where there is no picture then.

        What it drew is not looked at: whether the page came is to be asked of the server.
        """
        with tempfile.TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
            profile, picture = Path(folder) / "profile", Path(folder) / "picture.png"
            shutil.copytree(self._profile, profile)
            self._run(client, "firefox-esr", "--headless", "--no-remote", "--profile", profile, "--screenshot",
                      picture, url)  # fmt: skip
            assert picture.exists(), f"firefox {url}: no picture"
