"""Generates the sample: a small world of invented people and drawn images, whose truth is known.

`generate` draws it from a seed. Nothing is downloaded, and nothing comes from anyone's life. What
people say and are asked is in `data/`; changing those files changes the sample and its revision.
"""
