"""The prompts of the bundled systems; see `locomo_vqa.prompts`."""
