"""What happens by accident or malice: changed files, full disks, many processes and repetitions."""
