"""The score can fail: it says which flow differs, and which name is missing or invented."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from ..lab.packets import V4, ethernet, ipv4, udp
from ..score.__main__ import main

_QUESTION = bytes.fromhex("000701000001000000000000") + b"\x04site\x07example\0\0\1\0\1"
_FRAMES = [
    ethernet(0x0800, ipv4(17, udp(payload=_QUESTION + bytes(31)), offset_flags=0x2000)),
    ethernet(0x0800, ipv4(17, bytes(40), offset_flags=8)),
    ethernet(0x0800, ipv4(17, udp(2000))),
]
_FLOW = "17|{}|{{}}|{}|{{}}".format(*V4)


def _captures(folder: Path, packets: int = 1, qname: str = "site.example") -> Path:
    for name in ("pcap", "truth"):
        (folder / name).mkdir()
    pcap = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for frame in _FRAMES:
        pcap += struct.pack("=IIII", 0, 0, len(frame), len(frame)) + frame
    (folder / "pcap" / "one.pcap").write_bytes(pcap)
    first, later, other = map(len, _FRAMES)
    flows = {
        _FLOW.format(1024, 53): {"packets": 1, "bytes_l2": first, "bytes_l3": first - 14},
        _FLOW.format("frag", "frag"): {"packets": 1, "bytes_l2": later, "bytes_l3": later - 14},
        _FLOW.format(2000, 53): {"packets": packets, "bytes_l2": other, "bytes_l3": other - 14},
    }
    asked = {
        "src": V4[0], "sport": 1024, "dst": V4[1], "dport": 53, "proto": "udp", "id": 7, "qr": 0, "opcode": 0,
        "qname": qname, "answers": [], "encap": "eth:ethertype:ip:udp:dns",
    }  # fmt: skip
    truth = {"flows": flows, "cut_frames": 0, "wtap_encap": ["1"], "dns": [asked], "dns_other": [], "dns_in_icmp": [],
             "sni": [], "sni_partial": []}  # fmt: skip
    (folder / "truth" / "one.json").write_text(json.dumps(truth))
    return folder


@pytest.mark.parametrize("packets, status, words", [(1, 0, "flows equal 1 of 1"), (2, 1, "flows equal 0 of 1")])
def test_score(tmp_path: Path, capsys: pytest.CaptureFixture[str], packets: int, status: int, words: str) -> None:
    assert main(_captures(tmp_path, packets=packets)) == status
    said = capsys.readouterr().out
    assert words in said
    assert ("expected 4 packets" in said) == bool(status)
    assert "dns names 1 of 1" in said and "names invented 0" in said


def test_a_name_that_is_not_there_is_missed_and_one_too_many_is_invented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(_captures(tmp_path, qname="other.example")) == 1
    said = capsys.readouterr().out
    assert "dns messages 1 of 1" in said and "dns names 0 of 1" in said and "names invented 1" in said
    assert "one: invented site.example" in said
