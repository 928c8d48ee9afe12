"""Tables ⇄ a folder or object store, and the only package that knows SQL.

The store is one Delta Lake table with a partition for each of ours, so that everything read from
one piece of work appears in one commit or not at all. Each piece writes its data files first, one
per partition and named by the piece; the commit that names them makes them visible. Two writers
race for the next version of one log: the loser looks again at what is there and commits only what
is still missing. `files` writes data files, `log` commits and reads, `leases` tidies up after runs
that were killed.
"""

from asobna.store.files import STORED, Unit, plain_schema, write_unit
from asobna.store.leases import Lease
from asobna.store.log import Store, read_folder, sorted_table
from asobna.store.manifests import (
    read_manifest,
    read_reprints,
    write_manifest,
    write_reprints,
)

__all__ = [
    "STORED",
    "Lease",
    "Store",
    "Unit",
    "plain_schema",
    "read_folder",
    "read_manifest",
    "read_reprints",
    "sorted_table",
    "write_manifest",
    "write_reprints",
    "write_unit",
]
