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
    DETAIL = "detail"  #: what the keys of a row determine
    LIST = "list"  #: the different values within a row
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
    sort: Any = None  #: what it is ordered by; None: itself
    is_heading: bool = False  #: a table shows it once for the rows that share it
    is_extra: bool = False  #: a table without room for it goes without


@dataclass(frozen=True)
class Base:
    """Rows that reports are computed from: a model with its dictionaries joined."""

    query: Any  #: a peewee select without columns
    minute: Any  #: Unix seconds; None where a window does not cut rows off
    iface: Any = None  #: None where rows belong to no interface
    device: Any = None  #: text of it; None where rows belong to no client
    device_id: Any = None
    client: Any = None  #: text of its address; None where rows have none
    domain_id: Any = None  #: None where rows have no name
    last: Any = None  #: Unix seconds, where rows last from ``minute`` until then; None: they are of that minute
    again: Any = None  #: 1 where another interface counts the same; None where rows do not say


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
    default_limit: int | None = 20  #: None: every row, whatever their number; of a part: that of the whole report
    needs_domain: bool = False  #: says nothing without one
    needs_device: bool = False  #: likewise
    nothing: str = "no traffic in this window"  #: what is said where there are no rows
    parts: tuple[Report, ...] = ()  #: it is answered by all of these, and has no columns of its own

    @property
    def takes_device(self) -> bool:
        """True where it can be asked about single clients."""
        return all(part.takes_device for part in self.parts) if self.parts else self.base.device is not None

    @property
    def takes_domain(self) -> bool:
        """True where it can be asked about single names."""
        return all(part.takes_domain for part in self.parts) if self.parts else self.base.domain_id is not None

    @property
    def takes_by(self) -> bool:
        """True where its names can be put together by site."""
        return any(column.by_site is not None for column in self.columns)
