"""The prompts that write visual questions; see `locomo_vqa.prompts`."""
