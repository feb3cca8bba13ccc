"""Asking a build's models on the nodes of a Ray cluster.

The nodes ask; what has to stay in one place stays on the driver's node.

pool.py     starts one worker on each node, and the ledger on the driver's
ledger.py   an actor: the response store, the meter of the calls, and the images
worker.py   an actor: opens the models, and asks them about batches of images
batches.py  cuts a stage's items into batches
model.py    the driver's side of a model: it gives out batches, a bounded number at once
calls.py    results of actors, with errors as they were raised
"""
