"""Writes a board as web pages."""
