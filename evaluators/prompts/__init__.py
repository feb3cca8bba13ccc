"""The prompt files of the bundled systems and judges; `locomo_vqa.prompts` reads them."""
