"""The bundled memory systems, one per file; `bundled.SYSTEMS` lists them."""
