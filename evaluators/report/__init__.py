"""Writes the report on scores: one HTML file that opens without a server."""

from .page import REPORT, check_place, write_report

__all__ = ["REPORT", "check_place", "write_report"]
