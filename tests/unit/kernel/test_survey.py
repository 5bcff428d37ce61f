"""A survey of the machine that the tests run on, compared with what ``ip`` says, and the answers of its child."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from traffic_analyzer.kernel import survey
from traffic_analyzer.kernel.flowtables import Flowtable
from traffic_analyzer.kernel.survey import Link, Survey


def test_links_are_those_of_ip() -> None:
    if not shutil.which("ip"):
        pytest.skip("no iproute2 to compare with")
    theirs = json.loads(subprocess.run(["ip", "-d", "-j", "link"], capture_output=True, check=True).stdout)
    ours = survey.take(False).links
    assert {(link.name, link.ifindex, link.kind, link.is_up) for link in ours} == {
        (link["ifname"], link["ifindex"], link.get("linkinfo", {}).get("info_kind", ""), "UP" in link["flags"])
        for link in theirs
    }
    assert next(link for link in ours if link.name == "lo").arphrd == 772


def test_the_childs_answer_is_the_survey() -> None:
    whole = Survey(
        (Link("eth0", 2, 1, "", True, 3, 0, {"rx-lro": False}), Link("br0", 3, 1, "bridge")),
        (Flowtable("inet", "fw4", "ft", ("eth0",), True),), ("eth0",), ("br0",), "nft: no answer",
    )  # fmt: skip
    answer = {"links": whole.links, "flowtables": whole.flowtables, "pppoe": whole.pppoe, "outward": whole.outward,
              "flowtables_unknown": whole.flowtables_unknown}  # fmt: skip
    assert survey.decode(json.loads(json.dumps(answer))) == whole


@pytest.mark.parametrize(
    ("text", "devices"),
    [
        ("", []),
        ("Id       Address              Device\n", []),
        ("Id       Address              Device\n00000001 02:00:00:00:00:01    eth1.7\n"
         "00000002 02:00:00:00:00:01    eth1.7\n00000003 02:00:00:00:00:02      eth2\n", ["eth1.7", "eth2"]),
        ("Id Address Device\ncut", []),
    ],
)  # fmt: skip
def test_devices_of_pppoe_sessions(text: str, devices: list[str]) -> None:
    assert survey.parse_pppoe(text) == devices
