"""The tables as they are now. Texts that repeat are kept once, in dictionaries; id 0 of each is the empty text.

``migrations`` makes them; here is what is asked and written through peewee.
"""

from __future__ import annotations

from peewee import AutoField, CompositeKey, IntegerField, Model, TextField

SCHEMA_VERSION = 4


class _Dictionary(Model):
    id = AutoField()
    text = TextField(unique=True)


class Address(_Dictionary):
    """IP addresses as text."""


class Device(_Dictionary):
    """What is told apart as a device: records.FlowKey."""

    kind = TextField(default="")  #: dictionary.kind_of


class Domain(_Dictionary):
    """Names, lower case, in presentation format (RFC 1035 5.1)."""

    site = TextField(default="")  #: registrable domain


class Label(_Dictionary):
    """How sure a name is: records.Label."""


class Evidence(_Dictionary):
    """What a name was learnt from: records.Evidence."""


class Iface(_Dictionary):
    """Names of interfaces."""

    role = TextField(default="")  #: records.Role, as it was last; empty for rows of the seed


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
    evidence_id = IntegerField()
    again = IntegerField(default=0)  #: 1 = counted on another interface too, which is the one that counts
    bytes = IntegerField()
    packets = IntegerField()

    class Meta:
        table_name = "flow_minute"
        without_rowid = True
        primary_key = CompositeKey(
            "minute_unix_s", "iface_id", "direction", "is_tx", "l4_proto", "client_id", "client_port", "remote_id",
            "remote_port", "device_id", "domain_id", "label_id", "evidence_id", "again",
        )  # fmt: skip


class CounterMinute(Model):
    """An item of the ledger for one interface and direction in one minute."""

    minute_unix_s = IntegerField()
    iface_id = IntegerField()
    direction = IntegerField()
    counter = TextField()  #: a name of kernel.abi.COUNTERS, a records.Label, or an item of ledger
    bytes = IntegerField()
    packets = IntegerField()

    class Meta:
        table_name = "counter_minute"
        without_rowid = True
        primary_key = CompositeKey("minute_unix_s", "iface_id", "direction", "counter")


class QuestionMinute(Model):
    """DNS questions for one name and type by one client in one minute."""

    minute_unix_s = IntegerField()
    iface_id = IntegerField()
    device_id = IntegerField()
    client_id = IntegerField()
    domain_id = IntegerField()
    qtype = IntegerField()  #: IANA number
    again = IntegerField(default=0)  #: as in FlowMinute
    count = IntegerField()

    class Meta:
        table_name = "question_minute"
        without_rowid = True
        primary_key = CompositeKey("minute_unix_s", "iface_id", "device_id", "client_id", "domain_id", "qtype", "again")


class ServerNameMinute(Model):
    """ClientHellos with one server name by one client in one minute."""

    minute_unix_s = IntegerField()
    iface_id = IntegerField()
    device_id = IntegerField()
    client_id = IntegerField()
    domain_id = IntegerField()
    evidence_id = IntegerField()  #: tls, quic, or ech: then it is only the provider's public name
    again = IntegerField(default=0)  #: as in FlowMinute
    count = IntegerField()

    class Meta:
        table_name = "server_name_minute"
        without_rowid = True
        primary_key = CompositeKey(
            "minute_unix_s", "iface_id", "device_id", "client_id", "domain_id", "evidence_id", "again"
        )


class DeviceAddress(Model):
    """An address that a device was seen with."""

    device_id = IntegerField()
    address_id = IntegerField()
    first_unix_s = IntegerField()
    last_unix_s = IntegerField()

    class Meta:
        table_name = "device_address"
        without_rowid = True
        primary_key = CompositeKey("device_id", "address_id")


class DeviceName(Model):
    """A name that a device went by, and how long."""

    device_id = IntegerField()
    source = IntegerField()  #: records.NameSource; the lowest is shown
    name = TextField()
    first_unix_s = IntegerField()
    last_unix_s = IntegerField()

    class Meta:
        table_name = "device_name"
        without_rowid = True
        primary_key = CompositeKey("device_id", "source", "name")


class DnsCache(Model):
    """How the table of names fared, per minute and interface. The seed's table, and two columns."""

    ts_minute = IntegerField()
    iface = TextField()
    cache_entries = IntegerField()  #: most that were live at the end of a turn
    dns_answer_events = IntegerField()
    sni_events = IntegerField()
    new = IntegerField()
    refresh = IntegerField()
    expired = IntegerField()
    overflow = IntegerField(default=0)  #: 0 in rows of the seed
    unasked = IntegerField(default=0)

    class Meta:
        table_name = "dns_cache_1m"
        primary_key = CompositeKey("ts_minute", "iface")


class CollectorHealth(Model):
    """How the collector fared, per minute and interface. The seed's table, and two columns."""

    ts_minute = IntegerField()
    iface = TextField()
    flow_entries = IntegerField(default=0)  #: most flows in one turn of the maps
    flow_evicted = IntegerField(default=0)  #: rows of the seed only: nothing is evicted here
    flow_insert_drop = IntegerField(default=0)  #: packets that found no room
    dns_ringbuf_drop = IntegerField(default=0)
    tls_ringbuf_drop = IntegerField(default=0)
    flow_capacity = IntegerField(default=0)  #: flows that a turn has room for; 0 in rows of the seed
    archive_bytes = IntegerField(default=0)  #: written to the archive; in rows of the interface rollups.ARCHIVE_IFACE

    class Meta:
        table_name = "collector_health_1m"
        primary_key = CompositeKey("ts_minute", "iface")


class Notice(Model):
    """What a user should know of this machine as it is now: records.Notice."""

    code = TextField()
    subject = TextField()
    detail = TextField()
    since_unix_s = IntegerField()

    class Meta:
        table_name = "notice"
        without_rowid = True
        primary_key = CompositeKey("code", "subject")


class QuotaCrossed(Model):
    """A threshold of a quota that was crossed, and told, in the period that began then."""

    quota = TextField()
    since_unix_s = IntegerField()
    percent = IntegerField()

    class Meta:
        table_name = "quota_crossed"
        without_rowid = True
        primary_key = CompositeKey("quota", "since_unix_s", "percent")


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


DICTIONARIES: tuple[type[_Dictionary], ...] = (Address, Device, Domain, Label, Evidence, Iface)
TABLES: tuple[type[Model], ...] = (
    *DICTIONARIES, FlowMinute, CounterMinute, QuestionMinute, ServerNameMinute, DeviceAddress, DeviceName, DnsCache,
    CollectorHealth, Notice, QuotaCrossed, KernelInstance, KernelInterface, MetaKv,
)  # fmt: skip
