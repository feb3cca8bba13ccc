"""Reads the files of an untrusted submission."""
