"""The desk of one store: its report live, the lines behind every cell, every table as CSV and JSON.

Read-only. Each question runs in one thread under `desk_seconds`, and answers at most `desk_rows`.
Figures are those of `asobna report`, hidden where that hides them.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from asobna.errors import ConfigError, StoreError
from asobna.outputs.kwic import COUNTED, find_lines, make_lines
from asobna.outputs.report.content import Request as ReportRequest
from asobna.outputs.report.content import make_content
from asobna.outputs.report.exports import as_csv, as_json, plain_cell
from asobna.outputs.report.folder import Folder, read_folder
from asobna.outputs.report.page import as_html
from asobna.outputs.web.limits import Limits
from asobna.outputs.web.pages import page
from asobna.rates.measures import MEASURES
from asobna.rates.sums import AXES
from asobna.rates.tabulate import Design
from asobna.store import STORED, Store

T = TypeVar("T")
#: Words of an address that are not filters of lines.
_NOT_FILTERS = ("ui", "measure", "as")
#: Values of a filter that a form lists; one with more is set in the address.
MOST_CHOICES = 200


class Desk:
    """One folder made by `asobna read`; what it holds is read again when it has changed."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="desk")
        self._version = -1
        self._folder: Folder | None = None
        self._content: dict[str, Any] = {}

    async def ask(self, question: Callable[[], T]) -> T:
        """The answer of a question that reads. Raises HTTPException when it takes too long."""
        seconds = self.limits.desk_seconds
        running = asyncio.wrap_future(self._thread.submit(question))
        try:
            return await asyncio.wait_for(running, seconds)
        except TimeoutError as error:
            detail = (
                f"this took more than {seconds:g} seconds (desk_seconds); try again in a moment"
            )
            raise HTTPException(503, detail, {"retry-after": "5"}) from error
        except ConfigError as error:
            raise HTTPException(400, str(error)) from error
        except StoreError as error:
            raise HTTPException(503, str(error)) from error

    def folder(self) -> Folder:
        """Documents and standings of the store as it is now."""
        version = Store(str(self.path)).version
        if self._folder is None or version != self._version:
            self._folder, self._content, self._version = read_folder(self.path), {}, version
        return self._folder

    def content(self) -> dict[str, Any]:
        """All that a report says; measured once for each state of the store."""
        folder = self.folder()
        if not self._content:
            seed = int(folder.manifest.get("seed", 1))
            asked = ReportRequest(self.path.resolve().name, Design(), seed)
            self._content = make_content(self.path, folder, asked)
        return self._content

    def lines(self, filters: Mapping[str, str], measure: str | None) -> tuple[int, list[Any]]:
        """How many mentions fit, and the first `desk_rows` of them as lines."""
        folder = self.folder()
        rows = find_lines(folder, filters, measure)
        return len(rows), list(make_lines(self.path, folder, rows[: self.limits.desk_rows]))

    def table(self, name: str) -> list[dict[str, Any]]:
        """The first `desk_rows` rows of a table."""
        found = Store(str(self.path)).query(f"select * from {name} limit {self.limits.desk_rows}")
        return list(found.to_pylist())


def routes() -> list[BaseRoute]:
    """Every address of the desk; all stable, all filters in the address."""
    return [
        Route("/desk", overview),
        Route("/desk/report", report),
        Route("/desk/rates.{kind}", rates),
        Route("/desk/lines", lines),
        Route("/desk/tables/{name}.{kind}", table),
    ]


def _desk(request: Request) -> Desk:
    found: Desk = request.app.state.desk
    return found


async def overview(request: Request) -> Response:
    """Every figure of one axis, each linked to the lines behind it."""
    content = await _desk(request).ask(_desk(request).content)
    axes = sorted({row["axis"] for row in content["rates"]})
    asked = request.query_params.get("axis", "all")
    axis = asked if asked in axes else "all"
    rows = [row for row in content["rates"] if row["axis"] == axis]
    shown = rows[: _desk(request).limits.desk_rows]
    return page(
        request,
        "desk.html",
        content=content,
        axes=axes,
        axis=axis,
        cells=_cells(shown),
        reprints=sorted({row["reprints"] for row in shown}),
        by_value=axis not in ("all", "period"),
        by_period=any(row["period"] for row in shown),
        shown=len(shown),
        all_rows=len(rows),
        tables=list(STORED),
        cell=_cell,
        counted=COUNTED,
        measures=MEASURES,
    )


def _cells(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, dict[str, Any]]]:
    """(measure, value, period, correction) → way of counting reprints → row, in their order."""
    cells: dict[tuple[Any, ...], dict[str, dict[str, Any]]] = {}
    for row in rows:
        key = (row["measure"], row["value"], row["period"], row["correction"])
        cells.setdefault(key, {})[row["reprints"]] = row
    return cells


def _cell(row: Mapping[str, Any]) -> dict[str, str]:
    """Filters of the lines behind a cell; `all` needs none."""
    found = {"measure": str(row["measure"])}
    if row["axis"] not in ("all", "period") and row["value"] is not None:
        found[str(row["axis"])] = str(row["value"])
    if row["period"] is not None:
        found["period"] = str(row["period"])
    return found


async def report(request: Request) -> Response:
    """The report as `asobna report` writes it; it carries its own, hashed, style."""
    desk = _desk(request)
    text = await desk.ask(lambda: as_html(desk.content()))
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
    return HTMLResponse(text, headers={"content-security-policy": policy})


async def rates(request: Request) -> Response:
    """Every figure with its parts."""
    content = await _desk(request).ask(_desk(request).content)
    if request.path_params["kind"] == "json":
        return Response(as_json(content), media_type="application/json")
    _require_csv(request)
    return _file(as_csv(content), "rates")


async def lines(request: Request) -> Response:
    """Concordance of the mentions that fit the filters of the address."""
    desk = _desk(request)
    given = {k: v for k, v in request.query_params.items() if k not in _NOT_FILTERS and v}
    measure = request.query_params.get("measure") or None
    if measure is not None and measure not in COUNTED:
        raise HTTPException(400, f"no such measure with lines; they are {', '.join(COUNTED)}")
    count, found = await desk.ask(lambda: desk.lines(given, measure))
    kind = request.query_params.get("as", "")
    if kind == "json":
        return JSONResponse({"found": count, "lines": found})
    if kind == "csv":
        return _file(_csv(found), "lines")
    query = {**given, **({"measure": measure} if measure else {})}
    return page(
        request,
        "lines.html",
        lines=found,
        count=count,
        query=query,
        choices=await desk.ask(lambda: _choices(desk.folder())),
        measures={code: MEASURES[code] for code in COUNTED},
    )


def _choices(folder: Folder) -> dict[str, list[str]]:
    """What the form of the lines offers: filters and their values that occur."""
    columns = {
        "standing": folder.standings.column("standing"),
        "voice": folder.standings.column("voice"),
        **{axis: folder.documents.column(axis) for axis in AXES},
    }
    found = {
        name: sorted(filter(None, column.cast(pa.string()).unique().to_pylist()))
        for name, column in columns.items()
    }
    return {name: values for name, values in found.items() if 1 < len(values) <= MOST_CHOICES}


async def table(request: Request) -> Response:
    """The first rows of a table of the store."""
    name = request.path_params["name"]
    if name not in STORED:
        raise HTTPException(404, f"no such table; tables are {', '.join(STORED)}")
    rows = await _desk(request).ask(lambda: _desk(request).table(name))
    if request.path_params["kind"] == "json":
        return JSONResponse({"table": name, "rows": rows})
    _require_csv(request)
    return _file(_csv(rows), name)


def _require_csv(request: Request) -> None:
    if request.path_params["kind"] != "csv":
        raise HTTPException(404, "there is .csv and .json")


def _csv(rows: Iterable[Mapping[str, Any]]) -> str:
    """CSV in which no cell can be a formula."""
    stream = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(stream, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: plain_cell(value) for name, value in row.items()})
    return stream.getvalue()


def _file(text: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return PlainTextResponse(text, headers=headers, media_type="text/csv")
