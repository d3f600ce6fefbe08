"""Processes of this program beside the one that was called: how they live, and how they end.

A child is a new interpreter on every system; it ignores Ctrl-C, which its parent gets too, and ends
when its parent ends, however that comes about.
"""

from vocal_separation_sanity_check.processes.children import live_with_parent, no_ctrl_c
from vocal_separation_sanity_check.processes.second_process import SecondProcess, n_cores

__all__ = ["SecondProcess", "live_with_parent", "n_cores", "no_ctrl_c"]
