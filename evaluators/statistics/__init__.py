"""Intervals and exact tests that respect conversations."""
