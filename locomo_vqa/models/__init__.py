"""Language and vision-language models, named by a string."""
