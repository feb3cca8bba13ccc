"""Fetches, decodes and hashes images in a plain loop over httpx, Pillow and ImageHash.

    python -m benchmarks.peer_scripts.images in.json out.json

It runs in an environment of its own. The input has `urls`, `out` (a folder for the files) and
`photographs` (paths of files to hash alone).
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import time
from pathlib import Path


def main() -> None:
    """Work, and write the CPU seconds of the images and of hashing the photographs."""
    import httpx
    import imagehash  # type: ignore[import-not-found, unused-ignore]
    from PIL import Image

    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    out = Path(given["out"])
    out.mkdir()
    imagehash.phash(Image.open(given["photographs"][0]))
    start = time.process_time()
    records = []
    with httpx.Client() as client:
        for url in given["urls"]:
            data = client.get(url).content
            image = Image.open(io.BytesIO(data))
            name = hashlib.sha256(data).hexdigest()
            records.append({"url": url, "sha256": name, "phash": str(imagehash.phash(image))})
            (out / f"{name}.png").write_bytes(data)
    (out / "records.json").write_text(json.dumps(records), encoding="utf-8")
    middle = time.process_time()
    for path in given["photographs"]:
        data = Path(path).read_bytes()
        hashlib.sha256(data).hexdigest()
        imagehash.phash(Image.open(io.BytesIO(data)))
    found = {"cpu_s": middle - start, "hashing": time.process_time() - middle}
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
