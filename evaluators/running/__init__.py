"""Runs a memory system over conversations, and keeps every outcome."""
