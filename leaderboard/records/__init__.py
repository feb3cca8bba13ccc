"""Writes a board's results in the formats of others."""
