"""Runs the conversations of a run on the nodes of a Ray cluster.

place.py     the run's side: gives conversations to nodes, and records what comes back
starting.py  starts the actors of nodes
node.py      the actor of a node: runs conversations, with a metering proxy of its own
work.py      what a node gets to do that, and checks before it does
streamed.py  the outcomes of a conversation on their way from a node
desk.py      the actor beside the run: the list of calls, recorded replies, and the budget
metered.py   the same as the proxy of a node sees them
"""

from .place import RayPlaces

__all__ = ["RayPlaces"]
