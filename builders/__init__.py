"""LoCoMo → LoCoMo-VQA: reading the conversations, and writing the benchmark's questions."""
