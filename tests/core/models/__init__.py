"""Tests of the models: one suite for all backends, and the faults of each."""
