"""The collector's settings as a module of the settings page, drawn from the declarations: ``make docs``."""

from __future__ import annotations

import json
import re

from ..settings import RUN
from .describe import describe_setting

#: What the page calls a setting, by its tab: name, title, and the settings in their order.
TABS = (
    ("interfaces", "Interfaces", {
        "iface": "Interfaces",
        "role": "Roles",
    }),
    ("storage", "Storage", {
        "db": "Database",
        "archive": "Archive",
        "commit_interval_minutes": "Write to the archive every (minutes)",
        "archive_budget_mib": "Write at most, in a day (MiB)",
        "archive_max_mib": "Largest archive (MiB)",
        "copy_days": "Copy the archive every (days)",
        "minutes_keep_hours": "Keep minutes for (hours)",
        "minutes_max_mib": "Largest database (MiB)",
        "hours_keep_days": "Keep hours for (days)",
        "days_keep_days": "Keep days for (days)",
    }),
    ("names", "Names", {
        "dns_ttl_cap_secs": "A DNS answer names for (seconds)",
        "sni_ttl_cap_secs": "A server name makes others ambiguous for (seconds)",
        "flow_idle_timeout_secs": "Forget a silent flow after (seconds)",
    }),
    ("page", "Page", {
        "web_listen": "Address of the page",
        "web_host": "Other names of it",
        "web_token_file": "File of the token",
    }),
    ("load", "Load", {
        "flush_interval_secs": "Read the maps every (seconds)",
        "flow_map_entries": "Flows between two readings",
        "event_poll_millis": "Look at payload heads every (milliseconds)",
        "capture_heads_per_sec": "Payload heads in a second, on each CPU",
        "capture_buffer_kib": "Buffer for payload heads (KiB)",
    }),
)  # fmt: skip
#: No matter of the user's file: the file itself, lines for who looks at a terminal, and what the package has laid down.
LEFT_OUT = {"config", "progress_secs", "bpf_object", "pin_dir"}
_TRANSLATED = {"title", "help"}
_HEAD = """/* SPDX-License-Identifier: GPL-2.0-only
 * Made by `make docs` from the declarations. Do not edit. */
'use strict';
'require baseclass';

return baseclass.extend({
"""


def _value(name: str, value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return f"_({text})" if name in _TRANSLATED else text


def _object(members: dict[str, object], indent: str) -> str:
    lines = ",\n".join(f"{indent}\t{name}: {_value(name, value)}" for name, value in members.items())
    return f"{indent}{{\n{lines}\n{indent}}}"


def _list(name: str, objects: list[dict[str, object]]) -> str:
    return f"\t{name}: [\n" + ",\n".join(_object(one, "\t\t") for one in objects) + "\n\t]"


def _help(text: str, titles: dict[str, str]) -> str:
    """The help of a setting with the title of each other one that it names by its flag, and commands in “quotes”."""
    text = re.sub("`([^`]*)`", r"“\1”", text)
    return re.sub("--[a-z-]*[a-z]", lambda flag: f"“{titles[flag[0]]}”" if flag[0] in titles else flag[0], text)


def render_form() -> str:
    """The whole module: ``tabs``, each with name and title; ``settings``, described, each with its title and tab."""
    declared = {setting.name: setting for setting in RUN}
    tabs: list[dict[str, object]] = [{"name": name, "title": title} for name, title, _ in TABS]
    by_flag = {declared[name].flag: title for _, _, titles in TABS for name, title in titles.items()}
    settings: list[dict[str, object]] = []
    for tab, _, titles in TABS:
        for name, title in titles.items():
            described = describe_setting(declared[name])
            text = _help(described["help"], by_flag)
            settings.append({"name": name, "tab": tab, "title": title, **described, "help": text})
    return _HEAD + _list("tabs", tabs) + ",\n\n" + _list("settings", settings) + "\n});\n"


if __name__ == "__main__":
    print(render_form(), end="")
