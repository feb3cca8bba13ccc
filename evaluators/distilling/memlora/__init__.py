"""MemLoRA's distillation: data of a teacher, experts of each stage, and the best combination.

`api.distill_memlora` does all of it, in a folder whose `experts` the system `memlora` runs.

Source: MemLoRA (arXiv 2512.04763, algorithms B1 and B2, section D.3).
"""
