"""What a build's calls to models cost, and what they may cost.

meter.py   counts each call to an endpoint, and refuses those that don't fit into a budget
calls.py   a line of the work folder's calls.jsonl
"""
