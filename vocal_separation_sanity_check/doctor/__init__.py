"""Does it work here? What of the installation is there, what each part is for, what it lacks.

In comes the folder to work in; out come `Finding`s, as a table of 80 columns and as JSON. Nothing
that may be missing or broken is imported in this process: three others of its own, `loading`,
`torch_steps` and `trial`, try it, and one that dies is a line of the table.
"""

from vocal_separation_sanity_check.doctor.examination import Examination, examine
from vocal_separation_sanity_check.doctor.finding import Finding, State
from vocal_separation_sanity_check.doctor.table import as_json, as_table

__all__ = ["Examination", "Finding", "State", "as_json", "as_table", "examine"]
