"""A small world of invented people and drawn pictures, whose whole truth is known.

`make` draws it from a seed; nothing here is downloaded or comes from anybody's life.
"""
