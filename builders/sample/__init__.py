"""Generates the sample: a small world of invented people and drawn images with known truth.

`generate` draws it from a seed. Nothing is downloaded, and nothing comes from anyone's life. The
talk and the questions are in `data/`; changing those files changes the sample and its revision.
"""
