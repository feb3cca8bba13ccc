"""DuoMem's two spaces for conversations: a teacher's memories, and a LoRA of its answers."""
