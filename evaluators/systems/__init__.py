"""The bundled memory systems, one a file; `evaluators/loading.py` names them."""
