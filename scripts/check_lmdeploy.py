"""Check the backend `lmdeploy` against the real package, which needs 4 GB on disk but no GPU.

    python scripts/check_lmdeploy.py FOLDER

Makes a virtual environment in FOLDER (or uses the existing one), installs lmdeploy, and checks
every class, parameter and method that the backend uses. Writes the signatures to
`tests/core/models/lmdeploy_signatures.json`, which the backend's tests use.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

VERSION = "0.18.0"
ROOT = Path(__file__).parent.parent
RECORD = ROOT / "tests" / "core" / "models" / "lmdeploy_signatures.json"

INSIDE = r"""
import contextlib, dataclasses, inspect, io, json, sys, tempfile, types
from pathlib import Path
with contextlib.redirect_stdout(sys.stderr):
    import lmdeploy
    from lmdeploy.pipeline import Pipeline
    from lmdeploy.messages import Response

def fields(kind):
    return [field.name for field in dataclasses.fields(kind)]

def parameters(function):
    return [p.name for p in inspect.signature(function).parameters.values()
            if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]

found = {
    "version": lmdeploy.__version__,
    "classes": {name: fields(getattr(lmdeploy, name)) for name in
                ("TurbomindEngineConfig", "PytorchEngineConfig", "GenerationConfig")},
    "response": fields(Response),
    "functions": {"pipeline": parameters(lmdeploy.pipeline),
                  "infer": parameters(Pipeline.infer), "close": parameters(Pipeline.close)},
}
sys.path.insert(0, sys.argv[1])
from locomo_vqa.models.chat import ChatRequest
from locomo_vqa.models.lmdeploy_local import LmdeployModel, engine_settings, generation_settings
from locomo_vqa.models.messages import messages_of
from locomo_vqa.models.names import parse_name
from locomo_vqa.models.probes import known_images
from locomo_vqa.errors import MissingResource

for spec in ("lmdeploy:a/b", "lmdeploy:a/b?tp=4&session_len=4096&revision=r",
             "lmdeploy:a/b?engine=pytorch&tp=2"):
    kind, settings = engine_settings(parse_name(spec))
    getattr(lmdeploy, kind)(**settings)
schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
request = ChatRequest(text="t", images=known_images(), replies=(("a", "b"),), schema=schema)
sampled = ChatRequest(text="t", temperature=0.7, seed=3)
for each in (request, sampled):
    config = lmdeploy.GenerationConfig(**generation_settings(each))
    assert config.do_sample == (each.temperature > 0)
from lmdeploy._guided_decoding import _check_response_format
_check_response_format(json.dumps(generation_settings(request)["response_format"]))
from lmdeploy.serve.processors.multimodal import MultimodalProcessor
batch = [messages_of(request), messages_of(sampled)]
assert MultimodalProcessor.format_prompts(batch) == batch
from lmdeploy.vl import load_image
part = batch[0][0]["content"][0]
assert load_image(part["image_url"]["url"]).size == (224, 224)

tiny = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_size": 64,
        "intermediate_size": 128, "num_attention_heads": 2, "num_hidden_layers": 1,
        "num_key_value_heads": 1, "vocab_size": 300, "max_position_embeddings": 128}
messages = []
with tempfile.TemporaryDirectory() as folder:
    Path(folder, "config.json").write_text(json.dumps(tiny))
    for engine in ("turbomind", "pytorch"):
        try:
            LmdeployModel(parse_name(f"lmdeploy:{folder}?engine={engine}"))
            messages.append(f"{engine}: it loaded")
        except MissingResource as error:
            messages.append(f"{engine}: {error}".replace(folder, "FOLDER"))
            assert "NVIDIA GPU and its driver" in error.remedy, error
print(json.dumps({"found": found, "messages": messages}))
"""


def main() -> int:
    """Install lmdeploy, check the backend and record the signatures."""
    folder = Path(sys.argv[1])
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", f"lmdeploy=={VERSION}", "jsonschema"]
        subprocess.run(pip, check=True, timeout=600)
    done = subprocess.run(
        [str(python), "-c", INSIDE, str(ROOT)], stdout=subprocess.PIPE, text=True, check=True
    )
    result = json.loads(done.stdout.splitlines()[-1])
    for message in result["messages"]:
        print(message)
    RECORD.write_text(json.dumps(result["found"], indent=1) + "\n", encoding="utf-8")
    print(f"lmdeploy {result['found']['version']}: every call fits; wrote {RECORD.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
