"""Generates the sample: a small world of invented people and drawn images, whose truth is known.

`make` draws it from a seed; nothing here is downloaded or comes from anybody's life.
"""
