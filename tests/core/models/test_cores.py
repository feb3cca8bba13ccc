"""Models in ONNX share the processor with whatever else runs."""

from __future__ import annotations

from locomo_vqa.models.cores import onnx_options


def test_threads_that_have_nothing_to_do_sleep() -> None:
    options = onnx_options(3)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (3, 1)
