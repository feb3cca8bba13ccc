"""Text encoders on onnxruntime, over the weights files that their owners publish."""
