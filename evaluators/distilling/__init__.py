"""Distillation: a teacher's memories and answers, and a small model trained on them.

`duomem.distill` runs all stages, in a folder that the system `duomem` reads.
"""
