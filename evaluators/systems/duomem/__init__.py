"""DuoMem for conversations: a student with a teacher's memories, a LoRA of its answers, or both."""
