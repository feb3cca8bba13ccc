"""What happened to entries since they were accepted, and the board of an earlier day."""
