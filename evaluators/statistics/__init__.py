"""Outlying conversations, and the summaries of a metric's values."""
