"""`asobna report`: what a run found, for people who will not open a table.

`folder` reads a run back, `content` gathers what is said, `figures` refuses what lacks its parts,
`charts` and `page` lay it out, `exports` writes the same rows as JSON, CSV and Markdown.
"""

from asobna.outputs.report.command import ReportArguments, report_command, run_report
from asobna.outputs.report.folder import read_folder

__all__ = ["ReportArguments", "read_folder", "report_command", "run_report"]
