"""Checks submissions and scores them."""
