"""MemLoRA's stages: Mem0's, on one small base model with an expert adapter for each."""
