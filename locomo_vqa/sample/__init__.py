"""The sample benchmark: data alone; `locomo_vqa.builders.sample` generates it."""
