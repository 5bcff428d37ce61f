"""Each generation is stored exactly once, whole, under ids that mean what they say."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from traffic_analyzer.errors import StoreError
from traffic_analyzer.records import DeviceName, Health, NameHealth, NameSource, Notice, Role
from traffic_analyzer.store.damage.copy import make_copy
from traffic_analyzer.store.keeping.pruning import prune
from traffic_analyzer.store.restamp import SPANS, TIMED
from traffic_analyzer.store.writer import InterfaceRow, Store, Writer

from ..traffic import CLIENT, MAC, MINUTE, batch, counter_key, flow_key, home, interface, question_key, server_name_key
from .seeds import rows

_FLOWS = "SELECT ts_minute, dst_ip, src_ip, bytes, packets FROM flow_1m_5t ORDER BY bytes"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "traffic.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path)) as opened:
        yield opened


def test_a_generation_is_stored_once(store: Store, path: Path) -> None:
    first = batch({flow_key(): (10, 1)}, {counter_key("seen"): (10, 1)}, (Health(MINUTE, "eth0", 1, 9, 2),))
    assert store.stored_generation("one") == -1
    assert [store.commit(first), store.commit(first)] == [True, False]
    assert store.stored_generation("one") == 0
    assert rows(path, "SELECT sum(bytes), sum(packets) FROM flow_minute") == [(10, 1)]
    assert rows(path, "SELECT bytes, packets FROM counter_minute") == [(10, 1)]
    assert rows(path, "SELECT flow_insert_drop FROM collector_health_1m") == [(2,)]
    assert store.commit(replace(first, instance="other"))


def test_generations_of_a_minute_add_up(store: Store, path: Path) -> None:
    for number, entries in enumerate((5, 3)):
        health = Health(MINUTE, "eth0", entries, 9, 2)
        store.commit(batch({flow_key(): (10, 1)}, {counter_key("seen"): (10, 1)}, (health,), generation=number))
    assert rows(path, "SELECT bytes, packets FROM flow_minute") == [(20, 2)]
    assert rows(path, "SELECT bytes, packets FROM counter_minute") == [(20, 2)]
    query = "SELECT flow_entries, flow_capacity, flow_insert_drop FROM collector_health_1m"
    assert rows(path, query) == [(5, 9, 4)]  # the fullest turn; drops of all


def test_names_of_a_minute_add_up(store: Store, path: Path) -> None:
    questions, server_names = {question_key(): 2, question_key(device=MAC): 1}, {server_name_key(): 3}
    for number, entries in enumerate((5, 3)):
        health = NameHealth(MINUTE, "eth0", entries, 1, 2, 3, 4, 5, 6, 7)
        store.commit(batch(generation=number, questions=questions, server_names=server_names, name_health=(health,)))
    query = "SELECT device.text, count FROM question_minute JOIN device ON device.id = device_id ORDER BY count"
    assert rows(path, query) == [(MAC, 2), (CLIENT, 4)]
    assert rows(path, "SELECT count FROM server_name_minute") == [(6,)]
    # The most entries of a turn, but all events.
    assert rows(path, "SELECT * FROM dns_cache_1m") == [(MINUTE, "eth0", 5, 2, 4, 6, 8, 10, 12, 14)]


def test_drops_of_payload_heads_add_up(store: Store, path: Path) -> None:
    for number in range(2):
        store.commit(batch(health=(Health(MINUTE, "eth0", 1, 9, 0, 3, 4),), generation=number))
    assert rows(path, "SELECT dns_ringbuf_drop, tls_ringbuf_drop FROM collector_health_1m") == [(6, 8)]


def test_evidence_tells_flows_apart(store: Store, path: Path) -> None:
    named = flow_key(domain="a.example", label="exact")
    store.commit(batch({named._replace(evidence=e): (n, 1) for n, e in enumerate(("tls", "dns", ""))}))
    query = "SELECT evidence.text, bytes FROM flow_minute JOIN evidence ON evidence.id = evidence_id ORDER BY bytes"
    assert rows(path, query) == [("tls", 0), ("dns", 1), ("", 2)]


def test_a_failed_commit_stores_nothing_of_any_table(store: Store, path: Path) -> None:
    store._database.execute_sql("DROP TABLE collector_health_1m")  # the last to be written
    with pytest.raises(StoreError, match="no such table"):
        store.commit(home(MINUTE))
    for table in (*TIMED, *SPANS):
        if table == "collector_health_1m":
            continue
        assert rows(path, f"SELECT count(*) FROM {table}") == [(0,)]
    assert rows(path, "SELECT count(*) FROM domain WHERE id >= 0") == [(1,)]


def test_ids_stay_true_when_another_process_prunes(store: Store, path: Path) -> None:
    store.commit(batch({flow_key(): (1, 1), flow_key("192.168.1.3"): (2, 1)}))
    assert prune(path, MINUTE + 2 * 86_400, 1).deleted["flow_minute"] == 2
    with closing(Store(path)) as other:  # takes the ids that are free now, for other texts
        other.commit(batch({flow_key("10.0.0.1", "10.0.0.2"): (3, 1)}, instance="other"))
    store.commit(batch({flow_key(): (4, 1), flow_key("192.168.1.3"): (5, 1)}, generation=1))
    assert rows(path, _FLOWS) == [
        (MINUTE, "10.0.0.1", "10.0.0.2", 3, 1),
        (MINUTE, "192.168.1.2", "203.0.113.7", 4, 1),
        (MINUTE, "192.168.1.3", "203.0.113.7", 5, 1),
    ]


def test_ids_stay_true_when_a_commit_failed(store: Store, path: Path) -> None:
    failing = batch({flow_key(): (1, 1)}, {counter_key("seen"): (1, 1)})
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TRIGGER full BEFORE INSERT ON counter_minute BEGIN SELECT RAISE(ABORT, 'disk full'); END")
        other.commit()
        with pytest.raises(StoreError, match="disk full"):
            store.commit(failing)
        assert rows(path, _FLOWS) == [] and store.stored_generation("one") == -1
        # Without a change by others that would make it look again.
        store._database.execute_sql("DROP TRIGGER full")
    assert store.commit(failing)
    assert rows(path, _FLOWS) == [(MINUTE, "192.168.1.2", "203.0.113.7", 1, 1)]


def test_two_stores_write_to_one_file(path: Path) -> None:
    with closing(Store(path)) as one, closing(Store(path)) as other:
        for number in range(5):
            for name, each in (("one", one), ("other", other)):
                flows = {flow_key(remote=f"203.0.113.{number}"): (1, 1), flow_key(): (10, 1)}
                assert each.commit(batch(flows, generation=number, instance=name))
    assert rows(path, "SELECT sum(bytes), sum(packets) FROM flow_1m_5t") == [(110, 20)]
    assert rows(path, "SELECT count(*), count(DISTINCT text) FROM address WHERE id >= 0") == [(8, 8)]


def test_a_full_disk_is_an_error_of_the_store(store: Store, path: Path) -> None:
    pages = rows(path, "PRAGMA page_count")[0][0]
    store._database.execute_sql(f"PRAGMA max_page_count = {pages}")
    flows = {flow_key(f"10.{n >> 8}.{n & 255}.1"): (n, 1) for n in range(5000)}
    with pytest.raises(StoreError, match=f"^--db {path}: .*full"):
        store.commit(batch(flows))
    store._database.execute_sql("PRAGMA max_page_count = 1000000")
    assert store.commit(batch(flows))
    assert rows(path, "SELECT count(*), sum(bytes) FROM flow_1m_5t") == [(5000, sum(range(5000)))]


def test_a_device_is_dated_from_its_first_to_its_last_minute(store: Store, path: Path) -> None:
    for number, minute in enumerate((MINUTE, MINUTE + 120, MINUTE - 60)):  # the last by a clock that was set back
        told = {"addresses": [(MAC, "10.0.0.1")], "device_names": [DeviceName(MAC, NameSource.LEASE, "laptop")]}
        store.commit(batch(generation=number, minute_unix_s=minute, **told))
    for table in SPANS:
        assert rows(path, f"SELECT first_unix_s, last_unix_s FROM {table}") == [(MINUTE - 60, MINUTE + 120)]


def test_notices_are_those_of_now_and_keep_their_date(store: Store, path: Path) -> None:
    shown = "SELECT code, subject, detail, since_unix_s FROM notice ORDER BY 1, 2"
    filter_gone, offload = Notice("filter-gone", "eth0"), Notice("offload", "ft")
    store.notice([filter_gone, offload, offload], 100)
    assert rows(path, shown) == [("filter-gone", "eth0", "", 100), ("offload", "ft", "", 100)]
    store.notice([Notice("offload", "ft", "hardware"), Notice("offload", "other")], 200)
    assert rows(path, shown) == [("offload", "ft", "hardware", 100), ("offload", "other", "", 200)]
    store.notice([], 300)
    assert rows(path, shown) == []
    store.notice([filter_gone], 400)
    assert rows(path, shown) == [("filter-gone", "eth0", "", 400)]


def test_an_interface_is_known_by_its_latest_role(store: Store, path: Path) -> None:
    store.commit(batch({flow_key(): (1, 1)}))
    assert rows(path, "SELECT id, text, role FROM iface") == [(0, "", ""), (1, "eth0", "")]
    for role in (Role.HOST, Role.WAN):
        store.remember_interface("one", interface("eth0", role))
        assert rows(path, "SELECT id, text, role FROM iface") == [(0, "", ""), (1, "eth0", role.value)]


def test_interfaces_of_an_instance_are_remembered_until_it_is_forgotten(store: Store) -> None:
    store.remember_interface("one", interface("eth0", Role.WAN, ifindex=7))
    store.remember_interface("one", interface("eth1", Role.LAN, ifindex=7))
    store.remember_interface("two", interface("eth0", ifindex=7))
    store.commit(batch())
    assert store.known_interfaces("one") == [InterfaceRow(7, "eth1", "lan")]
    store.forget_instance("one")
    assert store.known_interfaces("one") == [] and store.stored_generation("one") == -1
    assert store.known_interfaces("two") == [InterfaceRow(7, "eth0", "host")]


def test_every_question_to_a_broken_database_is_an_error_of_the_store(store: Store) -> None:
    store._database.execute_sql("DROP TABLE kernel_instance")
    store._database.execute_sql("DROP TABLE kernel_interface")
    questions = (store.stored_generation, store.known_interfaces, store.forget_instance)
    for ask in (*questions, lambda name: store.remember_interface(name, interface())):
        with pytest.raises(StoreError, match="no such table"):
            ask("one")


def test_the_writer_stores_in_order_on_its_own_thread(path: Path) -> None:
    writer = Writer(path)
    futures = [writer.commit(batch({flow_key(): (1, 1)}, generation=number)) for number in (0, 1, 1)]
    assert writer.call(writer.store.stored_generation, "one") == 1
    writer.close()
    assert [future.result() for future in futures] == [True, True, False]
    assert rows(path, "SELECT bytes FROM flow_minute") == [(2,)]


def test_a_writer_that_cannot_open_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not a file"):
        Writer(tmp_path)


def test_rows_of_a_boot_without_a_date_get_one_once(store: Store, path: Path) -> None:
    assert store.undated_boot() is None and store.last_minute_before(MINUTE) is None
    store.remember_boot("this boot")
    store.commit(batch({flow_key(minute_unix_s=120): (10, 1)}, minute_unix_s=120))
    assert store.undated_boot() == "this boot" and store.last_minute_before(MINUTE) == 120
    store.date_boot(-(1 << 40), 240, MINUTE - 60)
    assert rows(path, "SELECT minute_unix_s, bytes FROM flow_minute") == [(MINUTE + 60, 10)]
    assert store.undated_boot() is None
    store.commit(batch({flow_key(minute_unix_s=60): (1, 1)}, generation=1, minute_unix_s=60))  # somebody's true 1970
    store.date_boot(-(1 << 40), 240, MINUTE - 60)
    assert rows(path, "SELECT minute_unix_s, bytes FROM flow_minute") == [(60, 1), (MINUTE + 60, 10)]


def test_a_new_file_knows_what_has_to_be_known(store: Store, path: Path) -> None:
    store.remember_interface("one", interface(role=Role.WAN))
    store.remember_boot("this boot")
    store.commit(home(MINUTE))
    for file in path.parent.glob("traffic.db*"):
        file.unlink()
    assert store.commit(home(MINUTE))
    assert store.undated_boot() == "this boot" and store.known_interfaces("one") == [InterfaceRow(2, "eth0", "wan")]
    assert rows(path, _FLOWS) and rows(path, "SELECT role FROM iface WHERE text = 'eth0'") == [("wan",)]


@pytest.mark.parametrize("is_copied", [False, True])
def test_a_file_that_turns_out_to_be_damaged_makes_room(store: Store, path: Path, is_copied: bool) -> None:
    store.remember_interface("one", interface())
    assert store.commit(home(MINUTE))
    if is_copied:
        make_copy(path, MINUTE)
    for file in (path, path.with_name(path.name + "-wal")):
        with file.open("r+b") as opened:
            opened.write(b"garbage!" * (file.stat().st_size // 8))
    late = replace(home(MINUTE + 60), generation=1)
    assert store.commit(late) and not store.commit(late)
    assert store.rescued and store.rescued.set_aside and store.rescued.set_aside.exists()
    minutes = [(MINUTE,), (MINUTE + 60,)] if is_copied else [(MINUTE + 60,)]
    assert rows(path, "SELECT DISTINCT minute_unix_s FROM flow_minute") == minutes
    assert store.known_interfaces("one") == [InterfaceRow(2, "eth0", "host")]
