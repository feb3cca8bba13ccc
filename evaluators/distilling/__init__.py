"""Distillation: what a teacher remembers and answers, and the training of a small model on it.

`duomem.distill` does all of it, in a folder that the system `duomem` reads.
"""
