"""Ranks the entries of each table, and says which of them are tied."""
