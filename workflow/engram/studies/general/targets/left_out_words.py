"""Under which names the records of a task's jobs say what is left out; torch-free, as tables are."""

from __future__ import annotations

__all__ = ["LEFT_OUT", "UNTESTED"]

#: The settings of a record that say why the task is left out, and what of it is not tested.
LEFT_OUT, UNTESTED = "left_out", "untested"
