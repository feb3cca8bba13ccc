"""The sample benchmark, as data only; `locomo_vqa.builders.sample` generates it."""
