"""Mem0's pipeline in our own code: extraction, update, retrieval, generation."""
