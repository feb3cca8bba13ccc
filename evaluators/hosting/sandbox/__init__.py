"""Runs a system's process in a sandbox with only its environment, its folder, and the proxy.

sandbox.py      what one conversation's sandbox shows
tool.py         finds the program that isolates a process
interpreter.py  the files that an interpreter and its packages need
paths.py        checks whether paths exist
mounts.py       the files and folders that are visible, as mounts
command.py      the command that starts a process in the sandbox
gateway.py      forwards connections from within to the proxy
entry.py        the first program within; it becomes the system's process
"""

from .gateway import Gateway
from .sandbox import Sandbox
from .tool import SandboxTool, find_sandbox_tool

__all__ = ["Gateway", "Sandbox", "SandboxTool", "find_sandbox_tool"]
