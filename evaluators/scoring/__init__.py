"""Scores predictions with a fixed denominator."""
