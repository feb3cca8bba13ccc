"""Text encoders on onnxruntime, with the weights files that their owners publish."""
