"""Loads a memory system from a name, `module:Class`, an address, a class, or a function.

loaded.py   what every loaded system is, and what a class must have
named.py    bundled systems, third-party packages, and `module:Class`
address.py  systems behind an HTTP address
objects.py  classes, and functions that make an object
load.py     which of these a source is
"""

from .load import SystemSource, load_system
from .loaded import LoadedSystem

__all__ = ["LoadedSystem", "SystemSource", "load_system"]
