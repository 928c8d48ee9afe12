"""pyarrow without pandas, for processes of which every piece of code is our own.

At its first array pyarrow imports pandas, where something else has installed it, to see whether it
was given a frame: a quarter of a second. The command line and its workers are given none. In a
program or a notebook pyarrow keeps its frames: nothing there calls this.
"""

from __future__ import annotations

import sys


def expect_no_frames() -> None:
    """Let pyarrow, if it is imported, find at its first array that there is no pandas."""
    if "pyarrow" in sys.modules and "pandas" not in sys.modules:
        sys.meta_path.insert(0, _NoFrames)
        sys.modules["pyarrow"].array([])
        sys.meta_path.remove(_NoFrames)


class _NoFrames:
    """A place to look for modules that says of pandas that it is nowhere. (Its abstract class takes
    longer to import than all of this module.)
    """

    @classmethod
    def find_spec(cls, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)
