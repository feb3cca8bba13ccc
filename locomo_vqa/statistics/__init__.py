"""Means, intervals and paired tests with conversations as the sampling unit."""
