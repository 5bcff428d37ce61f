"""What a report is made of."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from ..units import Unit


class Role(enum.Enum):
    """What a column is to its report."""

    KEY = "key"  #: rows are grouped by it
    SUM = "sum"  #: added up within a row
    MAX = "max"  #: the largest within a row
    SHARE = "share"  #: the column ``of``'s part of its total over the whole report, rows that are not shown included


@dataclass(frozen=True)
class Column:
    """A column. ``expression`` and ``by_site`` are peewee expressions over the report's base query."""

    name: str
    title: str
    unit: Unit
    expression: Any = None
    role: Role = Role.KEY
    of: str = ""  #: for SHARE
    by_site: Any = None  #: what it is grouped by where names are put together by site


@dataclass(frozen=True)
class Base:
    """Rows that reports are computed from: a model with its dictionaries joined."""

    query: Any  #: a peewee select without columns
    minute: Any  #: Unix seconds
    iface: Any
    mac: Any = None  #: text of the client's; None where rows belong to no client
    client: Any = None  #: text of its address
    domain_id: Any = None  #: None where rows have no name


@dataclass(frozen=True)
class Report:
    """A report. ``order`` names columns, ``-`` in front for descending."""

    name: str
    title: str
    help: str
    base: Base
    columns: tuple[Column, ...]
    order: tuple[str, ...]
    where: Any = None
    default_limit: int | None = 20  #: None: every row, whatever their number
    needs_domain: bool = False  #: says nothing without one

    @property
    def takes_device(self) -> bool:
        """True where it can be asked about single clients."""
        return self.base.mac is not None

    @property
    def takes_domain(self) -> bool:
        """True where it can be asked about single names."""
        return self.base.domain_id is not None

    @property
    def takes_by(self) -> bool:
        """True where its names can be put together by site."""
        return any(column.by_site is not None for column in self.columns)
