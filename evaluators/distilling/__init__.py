"""Distillation: what a teacher remembers and answers, and a small model's training on it."""
