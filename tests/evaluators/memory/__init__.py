"""Tests of the bundled mem0 systems."""
