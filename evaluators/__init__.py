"""Measures memory systems: runs them on a benchmark and scores their answers."""
