"""Intervals and exact tests with conversations as the sampling unit."""
