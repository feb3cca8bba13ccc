"""What a person reads of one scored run: a page that opens from a file, and a table of values."""

from ..scoring.table import TABLE, write_table
from .page import REPORT, check_place, write_report

__all__ = ["REPORT", "TABLE", "check_place", "write_report", "write_table"]
