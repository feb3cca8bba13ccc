"""Compares systems on the same questions."""
