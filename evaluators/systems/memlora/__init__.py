"""MemLoRA: Mem0's stages on one small base model with an expert adapter for each stage."""
