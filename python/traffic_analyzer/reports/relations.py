"""The relations of :mod:`..store.relations`, by the names of their columns. They are no tables: a query makes them."""

from __future__ import annotations

from peewee import IntegerField, Model, TextField


class Client(Model):
    """Addresses of clients."""

    text = TextField()

    class Meta:
        table_name = "client"


class Remote(Model):
    """Addresses of remotes."""

    text = TextField()

    class Meta:
        table_name = "remote"


class Resolver(Model):
    """Addresses of remotes that may be resolvers; else the empty text."""

    text = TextField()

    class Meta:
        table_name = "resolver"


class Flow(Model):
    """Conversations; both directions of one may share a row, or not: sums tell them apart."""

    minute_unix_s = IntegerField()  #: or when the hour or day began
    iface_id = IntegerField()
    direction = IntegerField()  #: 0 ingress, 1 egress; read only where rows are told apart by it
    is_tx = IntegerField()  #: likewise; 1 = sent by the client
    l4_proto = IntegerField()  #: IANA number; rollups.OTHER: several
    client_id = IntegerField()
    client_port = IntegerField()  #: like l4_proto, as are the other ports
    remote_id = IntegerField()
    remote_port = IntegerField()
    resolver_id = IntegerField()  #: the remote, where it may be a resolver; else 0
    service_port = IntegerField()  #: the remote's, or the client's where it is the one that serves
    device_id = IntegerField()
    domain_id = IntegerField()
    label_id = IntegerField()
    evidence_id = IntegerField()
    again = IntegerField()
    rx_bytes = IntegerField()
    tx_bytes = IntegerField()
    rx_packets = IntegerField()
    tx_packets = IntegerField()
    bytes = IntegerField()
    packets = IntegerField()
    last_unix_s = IntegerField()  #: of the last minute

    class Meta:
        table_name = "flow"
        primary_key = False


class Question(Model):
    """DNS questions."""

    minute_unix_s = IntegerField()
    iface_id = IntegerField()
    device_id = IntegerField()
    client_id = IntegerField()  #: in minutes only
    domain_id = IntegerField()
    qtype = IntegerField()  #: IANA number; rollups.OTHER: several
    again = IntegerField()
    count = IntegerField()

    class Meta:
        table_name = "question"
        primary_key = False


class ServerName(Model):
    """ClientHellos."""

    minute_unix_s = IntegerField()
    iface_id = IntegerField()
    device_id = IntegerField()
    client_id = IntegerField()  #: in minutes only
    domain_id = IntegerField()
    evidence_id = IntegerField()
    again = IntegerField()
    count = IntegerField()

    class Meta:
        table_name = "server_name"
        primary_key = False


class Counter(Model):
    """Items of the ledger."""

    minute_unix_s = IntegerField()
    iface_id = IntegerField()
    direction = IntegerField()
    counter = TextField()
    bytes = IntegerField()
    packets = IntegerField()

    class Meta:
        table_name = "counter"
        primary_key = False


class NameHealth(Model):
    """How the table of names fared."""

    minute_unix_s = IntegerField()
    iface = TextField()
    cache_entries = IntegerField()  #: the most
    dns_answer_events = IntegerField()
    sni_events = IntegerField()
    new = IntegerField()
    refresh = IntegerField()
    expired = IntegerField()
    overflow = IntegerField()
    unasked = IntegerField()

    class Meta:
        table_name = "name_health"
        primary_key = False


class Health(Model):
    """How the collector fared."""

    minute_unix_s = IntegerField()
    iface = TextField()
    flow_entries = IntegerField()  #: the most
    flow_capacity = IntegerField()  #: the most
    flow_evicted = IntegerField()
    flow_insert_drop = IntegerField()
    dns_ringbuf_drop = IntegerField()
    tls_ringbuf_drop = IntegerField()
    archive_bytes = IntegerField()

    class Meta:
        table_name = "health"
        primary_key = False


MODELS: tuple[type[Model], ...] = (Flow, Question, ServerName, Counter, NameHealth, Health)
