"""Turns a finished run into a submission."""
