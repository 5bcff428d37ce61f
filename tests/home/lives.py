"""What the clients do all day, as shell scripts with real programs."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from .house import Client, Home
from .sites import FILES, LONG_TXT, ROUTER_IPV4, ROUTER_IPV6

_GRACE_S = 20  # for what was begun before the time was up

#: Any command that fails ends the script, and the run.
_PRELUDE = f"""
set -eu
end=$(($(date +%s) + $DURATION_S))
going() {{ [ "$(date +%s)" -lt "$end" ]; }}
get() {{ curl --silent --show-error --fail --cacert "$CA" --max-time 60 "$@" >/dev/null; }}
put() {{ get --upload-file "$WWW/$1" "$2/upload/$CLIENT" "$3"; }}
ask() {{ dig +tries=1 "$@" >/dev/null; }}
echoes() {{ ping -q -c 3 -i 0.2 "$@" >/dev/null; }}
router={ROUTER_IPV4} router6={ROUTER_IPV6}
"""

_LIVES = {
    "laptop": f"""
        get -6 --limit-rate $(({FILES["film"]} * 3 / (2 * DURATION_S))) https://video.example/film & long=$!
        while going; do
            get -4 https://www.shop.example/page https://www.shop.example/picture
            get -6 https://video.example/film
            get -4 http://news.example/film
            put picture https://cloud.example -6
            sleep 1
        done
        wait $long
    """,
    "phone": f"""
        while going; do
            ask @$router www.shop.example A
            ask @$router6 www.shop.example AAAA
            ask @$router +tcp video.example AAAA
            ask @$router6 +tcp {LONG_TXT} TXT
            ask @$router +notcp +bufsize=4096 {LONG_TXT} TXT
            ask @$router6 nowhere.example
            get -6 --tlsv1.3 https://img.news.example/picture
            get -4 --tls-max 1.2 https://img.news.example/page
            echoes -4 news.example
            echoes -6 -s 3000 video.example
            sleep 0.3
        done
    """,
    "camera": """
        while going; do
            put film https://cloud.example -4
            put picture http://api.iot.example -6
            get -4 http://api.iot.example/page
            echoes -s 3000 $router
            sleep 1
        done
    """,
    "tv": """
        while going; do get --limit-rate 900k https://video.example/film; done
    """,
    "tablet": """
        while going; do
            get -6 https://www.shop.example/picture https://img.news.example/page
            get -4 http://news.example/picture
            sleep 2
        done
    """,
    "thermostat": """
        while going; do
            get -4 http://api.iot.example/page
            put page http://api.iot.example -6
            sleep 3
        done
    """,
}


@contextmanager
def _life(client: Client, home: Home, duration_s: int) -> Iterator[subprocess.Popen[Any]]:
    """A client's script, in a process group of its own that ends with the block."""
    environment = os.environ | {
        "CA": str(home.authority.ca), "WWW": str(home.folder / "www"), "CLIENT": client.name,
        "DURATION_S": str(duration_s),
    }  # fmt: skip
    with (home.folder / f"{client.name}.log").open("wb") as said:
        process = subprocess.Popen(client.command("sh", "-c", _PRELUDE + _LIVES[client.name]), env=environment,
                                   stdout=said, stderr=said, start_new_session=True)  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() != 0:  # what a script leaves running when it fails, ends too
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def live(home: Home, duration_s: int) -> None:
    """Real traffic of every client for *duration_s*; returns when the last connection is closed.

    :raises AssertionError: a program failed; with what it said.
    """
    with ExitStack() as stack:
        running = {client.name: stack.enter_context(_life(client, home, duration_s)) for client in home.clients}
        until_s = time.monotonic() + duration_s + _GRACE_S
        for name, process in running.items():
            status = process.wait(timeout=until_s - time.monotonic())
            assert status == 0, f"{name}: exit status {status}: {(home.folder / f'{name}.log').read_text()}"
