"""The tables. Texts that repeat are kept once, in dictionaries; id 0 of each is the empty text."""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, Model, TextField

SCHEMA_VERSION = 1


class _Dictionary(Model):
    id = AutoField()
    text = TextField(unique=True)


class Address(_Dictionary):
    """IP addresses as text."""


class Device(_Dictionary):
    """MAC addresses, lower case, with colons."""


class Domain(_Dictionary):
    """Names of sites."""


class Label(_Dictionary):
    """How sure a name is: exact, ambiguous, unknown."""


class Iface(_Dictionary):
    """Names of interfaces."""


class FlowMinute(Model):
    """One direction of one conversation in one minute."""

    minute_unix_s = IntegerField()
    iface_id = IntegerField()
    direction = IntegerField()  #: 0 ingress, 1 egress
    is_tx = IntegerField()  #: 1 = sent by the client
    l4_proto = IntegerField()  #: IANA number
    client_id = IntegerField()
    client_port = IntegerField()
    remote_id = IntegerField()
    remote_port = IntegerField()
    device_id = IntegerField()
    domain_id = IntegerField()
    label_id = IntegerField()
    bytes = IntegerField()
    packets = IntegerField()

    class Meta:
        table_name = "flow_minute"
        without_rowid = True
        primary_key = CompositeKey(
            "minute_unix_s", "iface_id", "direction", "is_tx", "l4_proto", "client_id", "client_port", "remote_id",
            "remote_port", "device_id", "domain_id", "label_id",
        )  # fmt: skip


class CounterMinute(Model):
    """One of the packet programs' counters for one interface and direction in one minute."""

    minute_unix_s = IntegerField()
    iface_id = IntegerField()
    direction = IntegerField()
    counter = TextField()  #: a name of kernel.abi.COUNTERS
    bytes = IntegerField()
    packets = IntegerField()

    class Meta:
        table_name = "counter_minute"
        without_rowid = True
        primary_key = CompositeKey("minute_unix_s", "iface_id", "direction", "counter")


class CollectorHealth(Model):
    """How the collector fared, per minute and interface. The seed's table, and the map's capacity."""

    ts_minute = IntegerField()
    iface = TextField()
    flow_entries = IntegerField(default=0)  #: most flows in one turn of the maps
    flow_evicted = IntegerField(default=0)  #: rows of the seed only: nothing is evicted here
    flow_insert_drop = IntegerField(default=0)  #: packets that found no room
    dns_ringbuf_drop = IntegerField(default=0)
    tls_ringbuf_drop = IntegerField(default=0)
    flow_capacity = IntegerField(default=0)  #: flows that a turn has room for; 0 in rows of the seed

    class Meta:
        table_name = "collector_health_1m"
        primary_key = CompositeKey("ts_minute", "iface")


class KernelInstance(Model):
    """How far an instance of the packet programs has been stored: each of its generations exactly once."""

    instance = TextField(primary_key=True)
    stored_generation = IntegerField()  #: -1 = none yet

    class Meta:
        table_name = "kernel_instance"


class KernelInterface(Model):
    """Which interface an ifindex of an instance was, for a start that takes the instance over."""

    instance = TextField()
    ifindex = IntegerField()
    name = TextField()
    role = TextField()

    class Meta:
        table_name = "kernel_interface"
        primary_key = CompositeKey("instance", "ifindex")


class MetaKv(Model):
    """Facts about the database itself."""

    key = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "meta_kv"


DICTIONARIES: tuple[type[_Dictionary], ...] = (Address, Device, Domain, Label, Iface)
TABLES: tuple[type[Model], ...] = (
    *DICTIONARIES, FlowMinute, CounterMinute, CollectorHealth, KernelInstance, KernelInterface, MetaKv,
)  # fmt: skip

#: The seed's table, as a view: what a user reads with the sqlite3 shell.
FLOW_1M_5T = """
CREATE VIEW flow_1m_5t AS SELECT
  minute_unix_s AS ts_minute, iface.text AS iface, direction, l4_proto AS proto,
  CASE is_tx WHEN 1 THEN client.text ELSE remote.text END AS src_ip,
  CASE is_tx WHEN 1 THEN client_port ELSE remote_port END AS src_port,
  CASE is_tx WHEN 1 THEN remote.text ELSE client.text END AS dst_ip,
  CASE is_tx WHEN 1 THEN remote_port ELSE client_port END AS dst_port,
  domain.text AS domain, label.text AS attribution_status, bytes, packets
FROM flow_minute
  JOIN iface ON iface.id = iface_id
  JOIN address AS client ON client.id = client_id
  JOIN address AS remote ON remote.id = remote_id
  JOIN domain ON domain.id = domain_id
  JOIN label ON label.id = label_id
"""
