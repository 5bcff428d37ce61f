"""What a report is made of."""

from __future__ import annotations

import enum
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peewee import JOIN

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
    """A column. ``expression`` and ``by_site`` are peewee expressions over the report's base."""

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
    selects: str = ""  #: the filter that its value asks for this row alone by: device, domain; protocol and its port


@dataclass(frozen=True)
class Base:
    """Rows that reports are computed from: those of a relation, or of a table, with texts for their ids."""

    rows: Any  #: a model
    texts: Mapping[str, Any] = field(default_factory=dict)  #: by column: the model that its ids are of
    span: tuple[Any, Any] | None = None  #: of a table: when a row began and ended, Unix seconds; None: it never does
    timeline: str = ""  #: the report that tells its amounts by time

    @property
    def columns(self) -> frozenset[str]:
        """What rows know."""
        return frozenset(self.rows._meta.columns)

    @property
    def name(self) -> str:
        """That of the relation or table."""
        return str(self.rows._meta.table_name)

    def query(self, expressions: Sequence[Any], read: Container[str] | None = None) -> Any:
        """A select of *expressions* over the rows and the texts for the columns *read*.

        None: over all texts, and not joined to the rows, which says what the expressions need.
        """
        query, columns = self.rows.select(*expressions), self.rows._meta.columns
        if read is None:
            return query.from_(self.rows, *self.texts.values())
        for column, text in self.texts.items():
            if column in read:
                # Outer: no sum depends on whether a text is there.
                query = query.switch(self.rows).join(text, JOIN.LEFT_OUTER, on=(columns[column] == text.id))
        return query


@dataclass(frozen=True)
class Summary:
    """A report's place where everything is told at once."""

    place: str  #: devices, sites, labels
    limit: int | None = None  #: rows there
    by: str = "name"  #: as in a selection


@dataclass(frozen=True)
class Pane:
    """A report's place among the others on a terminal."""

    at: int  #: the least comes first
    title: str  #: a word or two
    by: str = "name"  #: as in a selection


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
    only: Any = None  #: likewise, where it is asked of single rows of a relation and without texts: that is quicker
    default_limit: int | None = 20  #: None: every row, whatever their number; of a part: that of the whole report
    needs_domain: bool = False  #: says nothing without one
    needs_device: bool = False  #: likewise
    nothing: str = "no traffic in this window"  #: what is said where there are no rows
    parts: tuple[Report, ...] = ()  #: it is answered by all of these, and has no columns of its own
    steps: tuple[str, ...] = ()  #: that its rows tell time by, where its title does not say it: the finest is first
    leads_to: str = ""  #: the report that says more of one of its rows
    summary: Summary | None = None
    pane: Pane | None = None  #: None: of a part
    examples: tuple[tuple[str, str], ...] = ()  #: arguments of its command, and what they ask

    def step(self, of_window: str) -> str:
        """What its rows tell time by, of a window that is told by minute, hour or day; empty: its title says it."""
        return of_window if of_window in self.steps else self.steps[-1] if self.steps else ""

    @property
    def takes_device(self) -> bool:
        """True where it can be asked about single clients."""
        return all(part.takes_device for part in self.parts) if self.parts else "device_id" in self.base.columns

    @property
    def takes_domain(self) -> bool:
        """True where it can be asked about single names."""
        return all(part.takes_domain for part in self.parts) if self.parts else "domain_id" in self.base.columns

    @property
    def takes_protocol(self) -> bool:
        """True where it can be asked about single protocols."""
        return all(part.takes_protocol for part in self.parts) if self.parts else "l4_proto" in self.base.columns

    @property
    def takes_sort(self) -> bool:
        """True where its rows can be told in another order."""
        return not self.parts

    @property
    def takes_by(self) -> bool:
        """True where its names can be put together by site."""
        return any(column.by_site is not None for column in self.columns)
