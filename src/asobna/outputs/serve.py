"""`asobna serve`: one process on this machine for editors, office suites, browsers and programs."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import click

from asobna.errors import ConfigError
from asobna.outputs.web.limits import MEANING, Limits, read_limits
from asobna.packs import read_packs
from asobna.store import read_manifest

DEFAULT_PORT = 8081
_SWITCH_SECONDS = 0.001  # a long text in a thread gives way to short ones this often


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--host-name",
    multiple=True,
    metavar="NAME",
    help="Another name this server answers to, as in http://NAME/. May be repeated.",
)
@click.option("--allow-origin", metavar="ORIGIN", help="A site whose pages may ask; off if unset.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64))
@click.option("--limit", multiple=True, metavar="NAME=NUMBER", help="Change a limit, see --limits.")
@click.option("--limits", "show_limits", is_flag=True, help="List every limit, then stop.")
@click.option("--store", metavar="DIR", help="Folder made by `asobna read`, shown at /desk.")
@click.option("--lang", multiple=True, metavar="CODE", help="Load only these packs.")
def serve_command(**flags: Any) -> int:
    """Serve the page, LanguageTool's interface under /v2, and a JSON interface.

    Nothing that is sent is stored, logged or passed on.
    """
    if flags["show_limits"]:
        for name, value in Limits()._asdict().items():
            click.echo(f"{name} = {value}\n    {MEANING[name]}")
        return 0
    if flags["store"]:
        read_manifest(str(flags["store"]))  # a folder that is none stops it here
    limits = read_limits(flags["limit"])
    read_packs(only=tuple(flags["lang"]))  # a broken pack stops it here
    _run(flags, limits)
    return 0


def make_app() -> object:
    """The application of a worker process, from what the command left in the environment."""
    from asobna.outputs.drafts import make_reference  # noqa: PLC0415 heavy
    from asobna.outputs.web.app import Options, build_app  # noqa: PLC0415 heavy
    from asobna.outputs.web.connections import BoundedProtocol  # noqa: PLC0415

    given = json.loads(os.environ[_HANDED])
    BoundedProtocol.header_seconds = given["limits"]["header_seconds"]
    sys.setswitchinterval(_SWITCH_SECONDS)
    reference = make_reference(read_packs(only=tuple(given["lang"])))
    store = Path(given["store"]) if given["store"] else None
    options = Options(tuple(given["hosts"]), given["origin"], store)
    return build_app(reference, Limits(**given["limits"]), options)


_HANDED = "ASOBNA_SERVE"  # a worker is a fresh process: the environment is what it is given
_EVERYWHERE = ("0.0.0.0", "::")


def _run(flags: dict[str, Any], limits: Limits) -> None:
    try:
        import uvicorn  # noqa: PLC0415 heavy

        from asobna.outputs.web.guards import LOOPBACK  # noqa: PLC0415 heavy
    except ImportError as error:
        raise ConfigError(
            f"serving needs more packages ({error.name}): pip install 'asobna[serve]'"
        ) from error
    host, port = flags["host"], flags["port"]
    own = [host] if host not in _EVERYWHERE else []
    handed = {
        "limits": limits._asdict(),
        "hosts": [*LOOPBACK, *flags["host_name"], *own],
        "origin": flags["allow_origin"],
        "lang": flags["lang"],
        "store": flags["store"],
    }
    os.environ[_HANDED] = json.dumps(handed)
    logging.basicConfig(level=logging.WARNING, format="asobna: %(message)s", stream=sys.stderr)
    click.echo(
        f"asobna: reading the packs; then at http://{host}:{port}/ (for LanguageTool clients: /v2)",
        err=True,
    )
    try:
        uvicorn.run(
            "asobna.outputs.serve:make_app",
            factory=True,
            host=host,
            port=port,
            workers=flags["workers"],
            http="asobna.outputs.web.connections:BoundedProtocol",
            ws="none",
            lifespan="on",
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=15,
        )
    except SystemExit as error:
        if error.code:
            raise ConfigError(
                f"the server could not start; if {host}:{port} is taken, choose another --port"
            ) from error
