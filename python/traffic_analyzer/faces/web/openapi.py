"""The endpoint's own description, drawn from the declarations (OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ... import __version__
from ...reports.declaration import Column, Report, Role
from ...reports.registry import REPORTS
from ...settings import Kind, Setting
from ...units import Unit
from .questions import ROWS_MAX, SEQUENCE, VALUES_MAX, parameters_of

_Schema = dict[str, Any]

_TEXT: _Schema = {"type": "string"}
_INTEGER: _Schema = {"type": "integer"}
_NUMBER: _Schema = {"type": "number"}
_TEXTS: _Schema = {"type": "array", "items": _TEXT}
_INTEGERS: _Schema = {"type": "array", "items": _INTEGER}
_NUMBERS: _Schema = {"type": "array", "items": _NUMBER}
_SHARE: _Schema = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_OFFSETS: _Schema = {
    "type": "array", "minItems": 1, "description": "from a Unix second on, local time is so many seconds ahead of UTC",
    "items": {"type": "array", "items": _INTEGER, "minItems": 2, "maxItems": 2},
}  # fmt: skip
_KINDS = {Unit.TEXT: "string", Unit.NAME: "string", Unit.LIST: "array", Unit.SHARE: "number"}  # all others: integer
_BOUND = 2_147_483_648


def openapi() -> _Schema:
    """The whole document."""
    paths: dict[str, Any] = {
        "/healthz": _get("whether the database can be read", _object({"status": _TEXT}), errors=(), security=[]),
        "/api/v1/reports": _get("every report, with its columns and parameters", _object({"reports": _list(_REPORT)})),
        "/api/v1/live": _get("rates of the last ten minutes", _LIVE, (SEQUENCE,)),
        "/api/v1/status": _get("how the collector stands, and what it cannot see", _STATUS),
        "/api/v1/settings": _get("what the collector runs with", _object({"settings": _list(_VALUE)})),
        "/api/v1/openapi.json": _get("this document", {"type": "object"}),
    }
    paths["/healthz"]["get"]["responses"]["503"] = _response("it cannot", _object({"status": _TEXT}))
    for report in REPORTS.values():
        operation = _get(report.help, _answer(report), parameters_of(report), csv=True)
        paths[f"/api/v1/reports/{report.name}"] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "traffic-analyzer", "version": __version__, "license": {"name": "GPL-2.0-only"}},
        "paths": paths,
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Error": _object(
                {"error": {"type": "string", "pattern": "^[^\\n]+$"}, "reason": _TEXT, "subject": _TEXT},
                optional=("reason", "subject"),
            )},
        },
    }


def _get(
    summary: str, schema: _Schema, parameters: Iterable[Setting] = (), csv: bool = False,
    errors: Iterable[str] = ("400", "401", "503"), **more: Any,
) -> dict[str, Any]:  # fmt: skip
    content = {"application/json": {"schema": schema}} | ({"text/csv": {"schema": _TEXT}} if csv else {})
    responses: dict[str, Any] = {
        "200": {"description": "the answer", "content": content},
        "304": {"description": "it is what If-None-Match names"},
        "403": _response(_ERRORS["403"], _REFUSAL),
        "500": _response(_ERRORS["500"], _REFUSAL),
    }
    responses |= {code: _response(_ERRORS[code], _REFUSAL) for code in errors}
    return {"get": {"summary": summary, "parameters": [_parameter(each) for each in parameters],
                    "responses": responses, **more}}  # fmt: skip


_ERRORS = {
    "400": "a parameter is not known, or its value cannot be",
    "401": "no token, or not the one of this boot",
    "403": "the machine is not called so",
    "500": "a mistake of the program: its log says more",
    "503": "the database cannot be read",
}
_REFUSAL: _Schema = {"$ref": "#/components/schemas/Error"}


def _response(description: str, schema: _Schema) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(setting: Setting) -> dict[str, Any]:
    """A list is a parameter that is repeated."""
    schema: _Schema = {"type": "string", "minLength": 1}
    if setting.choices:
        schema = {"type": "string", "enum": list(setting.choices)}
    elif setting.kind is Kind.INTEGER:
        schema = {"type": "integer", "minimum": setting.minimum, "maximum": setting.maximum}
    if setting.kind is Kind.LIST:
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": VALUES_MAX}
    elif setting.default is not None:
        schema["default"] = setting.default
    return {"name": setting.name, "in": "query", "required": setting.required, "description": setting.help,
            "schema": schema}  # fmt: skip


def _object(properties: Mapping[str, _Schema], optional: Iterable[str] = ()) -> _Schema:
    left_out = set(optional)
    return {"type": "object", "properties": dict(properties), "additionalProperties": False,
            "required": [name for name in properties if name not in left_out]}  # fmt: skip


def _list(items: _Schema, most: int | None = None) -> _Schema:
    return {"type": "array", "items": items} | ({} if most is None else {"maxItems": most})


def _or_none(schema: _Schema) -> _Schema:
    return schema | {"type": [schema["type"], "null"]}


_SETTING_FIELDS: dict[str, _Schema] = {
    "name": _TEXT,
    "kind": {"type": "string", "enum": [kind.value for kind in Kind]},
    "help": _TEXT,
    "default": {},
    "minimum": _or_none(_INTEGER),
    "maximum": _or_none(_INTEGER),
    "choices": _TEXTS,
    "is_required": {"type": "boolean"},
}
_SETTING = _object(_SETTING_FIELDS)
_VALUE = _object(_SETTING_FIELDS | {"value": {}})
_COLUMN = _object({
    "name": _TEXT,
    "title": _TEXT,
    "unit": {"type": "string", "enum": [unit.value for unit in Unit]},
    "role": {"type": "string", "enum": [role.value for role in Role]},
    "is_heading": {"type": "boolean"},
    "is_extra": {"type": "boolean"},
    "selects": _or_none(_TEXT),
})
_PART_FIELDS: dict[str, _Schema] = {
    "name": _TEXT,
    "title": _TEXT,
    "help": _TEXT,
    "nothing": _TEXT,
    "columns": _list(_COLUMN),
    "order": _TEXTS,
    "leads_to": _or_none(_TEXT),
    "timeline": _or_none(_TEXT),
}
_REPORT = _object({
    **_PART_FIELDS,
    "needs_device": {"type": "boolean"},
    "needs_domain": {"type": "boolean"},
    "parts": _list(_object(_PART_FIELDS)),
    "filters": _list(_SETTING),
    "summary": _or_none(_object({"place": _TEXT, "by": _TEXT, "limit": _or_none(_INTEGER)})),
})
_COMPLETENESS = _object({
    **{f"{what}_{unit}": _INTEGER for what in ("seen", "non_ip", "not_booked", "unseen", "difference")
       for unit in ("bytes", "packets")},
    "share": _SHARE,
})  # fmt: skip
_SELECTION = _object({
    "since_unix_s": _INTEGER, "until_unix_s": _INTEGER, "ifaces": _TEXTS, "devices": _TEXTS, "domains": _TEXTS,
    "protocols": _TEXTS, "by": _TEXT, "limit": _or_none(_INTEGER), "offset": _INTEGER, "sort": _TEXT, "order": _TEXT,
})  # fmt: skip
_REMARK_FIELDS: dict[str, _Schema] = {
    "code": _TEXT,
    "subject": _TEXT,
    "detail": _TEXT,
    "text": _TEXT | {"description": "for who uses the command line"},
    "template": _TEXT | {"description": "for who looks at a page: {subject} and {detail} are to be filled in"},
}
_REMARK = _object(_REMARK_FIELDS)
_NOTICE = _object(_REMARK_FIELDS | {"since_unix_s": _INTEGER})
_STATUS = _object({
    "version": _TEXT,
    "now_unix_s": _INTEGER,
    "is_counting": {"type": "boolean"},
    "interfaces": _list(_object({"iface": _TEXT, "role": _TEXT, "last_unix_s": _INTEGER})),
    "completeness": _COMPLETENESS,
    "verdict": _TEXT,
    "notices": _list(_NOTICE),
    "remarks": _list(_REMARK),
    "offsets": _OFFSETS,
})
_LIVE = _object({
    "now_unix_s": _NUMBER,
    "interval_s": _INTEGER,
    "span_s": _INTEGER,
    "sequence": _INTEGER,
    "offsets": _OFFSETS,
    "slots": _object({
        "sequence": _INTEGERS, "until_unix_s": _NUMBERS, "seconds": _NUMBERS, "rx_bytes": _INTEGERS,
        "tx_bytes": _INTEGERS,
    }),
    "devices": _list(_object({
        "device": _TEXT, "name": _TEXT, "rx_bytes_s": _NUMBER, "tx_bytes_s": _NUMBER, "rx_bytes": _INTEGER,
        "tx_bytes": _INTEGER, "history": _NUMBERS,
    })),
})  # fmt: skip


def _rows(report: Report) -> dict[str, _Schema]:
    row = _object({column.name: _cell(column) for column in report.columns})
    return {"columns": _list(_COLUMN), "rows": _list(row, ROWS_MAX), "has_more": {"type": "boolean"}}


def _answer(report: Report) -> _Schema:
    parts = _object({part.name: _object(_rows(part)) for part in report.parts})
    return _object({
        "report": {"const": report.name},
        "title": {"const": report.title},
        "selection": _SELECTION,
        "step": {"type": "string", "enum": ["minute", "hour", "day"]},
        "offsets": _OFFSETS,
        **({"parts": parts} if report.parts else _rows(report)),
        "completeness": _COMPLETENESS,
        "verdict": _TEXT,
        "remarks": _list(_REMARK),
    })


def _cell(column: Column) -> _Schema:
    """What a cell holds: null where a row has nothing to say there."""
    kind = _KINDS.get(column.unit, "integer")
    found: _Schema = {"type": [kind, "null"], "description": f"{column.title}: {column.unit.value}"}
    if column.unit is Unit.SHARE:
        found |= {"minimum": 0, "maximum": 1}
    return found | ({"items": _TEXT} if kind == "array" else {})
