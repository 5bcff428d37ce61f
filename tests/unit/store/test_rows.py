"""Texts become ids, and a new name is given its site."""

from __future__ import annotations

from pathlib import Path

from traffic_analyzer.records import DeviceName, NameSource

from ..traffic import MAC, batch, flow_key, question_key, server_name_key, stored
from .seeds import rows


def test_texts_are_written_as_texts(tmp_path: Path) -> None:
    named = {"domain": "a.example", "label": "exact", "evidence": "tls"}
    key = flow_key("2001:db8::1", "ff02::1", device=MAC, iface="br-lan", **named)
    path = stored(tmp_path / "traffic.db", batch({key: (1, 1)}))
    for table, text in (
        ("device", "02:aa:bb:cc:dd:01"),
        ("domain", "a.example"),
        ("label", "exact"),
        ("evidence", "tls"),
        ("iface", "br-lan"),
    ):
        assert rows(path, f"SELECT text FROM {table} WHERE id > 0") == [(text,)]
    assert rows(path, "SELECT text FROM address WHERE id > 0 ORDER BY text") == [("2001:db8::1",), ("ff02::1",)]


def test_empty_texts_have_id_0(tmp_path: Path) -> None:
    key = flow_key(device="")
    path = stored(tmp_path / "traffic.db", batch({key: (1, 1)}, questions={question_key("", 1, device=""): 1}))
    assert rows(path, "SELECT device_id, domain_id, evidence_id FROM flow_minute") == [(0, 0, 0)]
    assert rows(path, "SELECT device_id, domain_id FROM question_minute") == [(0, 0)]
    assert rows(path, "SELECT count(*) FROM domain WHERE id >= 0") == [(1,)]


def test_every_new_name_is_given_its_site(tmp_path: Path) -> None:
    path = stored(
        tmp_path / "traffic.db",
        batch(
            {flow_key(domain="www.bbc.co.uk", label="exact"): (1, 1)},
            questions={question_key("a.b.github.io"): 1},
            server_names={server_name_key(r"x.a\.b.example"): 1},
        ),
    )
    assert rows(path, "SELECT text, site FROM domain WHERE id > 0 ORDER BY id") == [
        (site, site) if text is None else (text, site)
        for name, site in (("www.bbc.co.uk", "bbc.co.uk"), ("a.b.github.io", "b.github.io"),
                           (r"x.a\.b.example", r"a\.b.example"))
        for text in (None, name)  # the site is a name too: hours and days know no other
    ]  # fmt: skip


def test_every_new_device_is_given_its_kind(tmp_path: Path) -> None:
    path = stored(tmp_path / "traffic.db", batch({flow_key(): (1, 1), flow_key(device=MAC): (1, 1)}))
    assert sorted(rows(path, "SELECT text, kind FROM device")) == [
        ("", ""), (MAC, "random"), ("192.168.1.2", "address"),
    ]  # fmt: skip


def test_what_is_counted_again_says_so(tmp_path: Path) -> None:
    flows = {flow_key(again=again): (n, 1) for n, again in enumerate((False, True), 1)}
    questions, server_names = {question_key(again=True): 3}, {server_name_key(again=True): 4}
    path = stored(tmp_path / "traffic.db", batch(flows, questions=questions, server_names=server_names))
    assert sorted(rows(path, "SELECT again, bytes FROM flow_minute")) == [(0, 1), (1, 2)]
    assert rows(path, "SELECT again, count FROM question_minute") == [(1, 3)]
    assert rows(path, "SELECT again, count FROM server_name_minute") == [(1, 4)]


def test_addresses_and_names_of_devices_are_dated(tmp_path: Path) -> None:
    hostile = "<b>\x1b[2J\n" + "x" * 255
    names = (DeviceName(MAC, NameSource.MDNS, hostile), DeviceName(MAC, NameSource.LEASE, "laptop"))
    addresses = ((MAC, "2001:db8::1"), (MAC, "192.168.1.2"))
    path = stored(tmp_path / "traffic.db", batch(addresses=addresses, device_names=names, minute_unix_s=120))
    query = """SELECT device.text, address.text, first_unix_s, last_unix_s FROM device_address
        JOIN device ON device.id = device_id JOIN address ON address.id = address_id"""
    assert sorted(rows(path, query)) == [(MAC, "192.168.1.2", 120, 120), (MAC, "2001:db8::1", 120, 120)]
    assert rows(path, "SELECT source, name, first_unix_s, last_unix_s FROM device_name ORDER BY source") == [
        (2, "laptop", 120, 120), (4, hostile, 120, 120),
    ]  # fmt: skip


def test_one_name_is_kept_once_for_all_tables(tmp_path: Path) -> None:
    flows = {flow_key(domain="a.example", label="exact", evidence="tls"): (1, 1)}
    names = batch(flows, questions={question_key("a.example"): 1}, server_names={server_name_key("a.example"): 1})
    path = stored(tmp_path / "traffic.db", names)
    tables = ("flow_minute", "question_minute", "server_name_minute")
    assert {rows(path, f"SELECT domain_id, client_id FROM {table}")[0] for table in tables} == {(1, 1)}
