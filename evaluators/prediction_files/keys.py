"""The names under which other harnesses write a question, an answer, and what is known of them.

All are in snake case; the keys of a file are compared in snake case too (`snake`), so that
`groundTruth` is `ground_truth`.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "ANSWER_KEY",
    "CATEGORY_KEYS",
    "CONVERSATION_KEYS",
    "EVIDENCE_KEYS",
    "GOLD_KEYS",
    "ID_KEYS",
    "INDEX_KEYS",
    "PREDICTION_KEYS",
    "QUESTION_KEYS",
    "RANKING_KEYS",
    "is_generic",
    "snake",
]

QUESTION_KEYS = ("question", "query", "question_text", "query_text", "user_input")
ID_KEYS = ("question_id", "query_id", "qa_id", "qid", "id")
INDEX_KEYS = (
    *("question_index", "qa_index", "question_idx", "qa_idx", "q_idx", "q_index"),
    *("question_number", "question_no", "index", "idx"),
)
CATEGORY_KEYS = ("category", "category_int", "category_id", "question_category")
CONVERSATION_KEYS = (
    *("sample_id", "conversation_id", "conv_id", "dialogue_id", "dialog_id"),
    *("conversation", "conversation_name", "conv", "sample"),
    *("conv_index", "conversation_index", "conv_idx", "conversation_idx"),
    *("sample_index", "sample_idx", "item_id", "user_id", "group_id"),
)

PREDICTION_KEYS = (
    *("response", "predicted", "prediction", "hypothesis", "pred"),
    *("generated_answer", "predicted_answer", "prediction_answer", "answer_generated"),
    *("generated_response", "predicted_response", "generated", "response_text"),
    *("ai_response", "ai_answer", "llm_response", "llm_answer", "rag_answer"),
    *("system_answer", "system_response", "system_output"),
    *("agent_answer", "agent_response", "bot_answer", "bot_response"),
    *("assistant_answer", "assistant_response", "actual_answer", "actual_output", "final_answer"),
    *("candidate_answer", "candidate_response", "memory_answer", "submitted_answer"),
    *("model_answer", "model_response", "model_output", "model_prediction"),
)
"""Keys that can only be a prediction; so can `<model>_prediction`."""

GOLD_KEYS = (
    *("golden_answer", "golden_answers", "gold_answer", "gold_answers", "gold", "golden"),
    *("expected_answer", "expected_answers", "expected", "expected_response", "expected_output"),
    *("ground_truth", "ground_truths", "ground_truth_answer", "ground_truth_answers"),
    *("reference", "reference_answer", "reference_answers", "correct_answer", "correct_answers"),
    *("standard_answer", "target", "target_answer", "gt", "gt_answer"),
)
"""Keys that can only be a gold answer."""

RANKING_KEYS = (
    *("retrieved", "retrieved_ids", "retrieved_turns", "retrieved_turn_ids", "retrieved_dia_ids"),
    *("ranked", "ranked_ids", "ranked_items", "ranked_turns", "ranking", "ranked_list"),
    *("retrieval_results", "retrieved_results", "search_results", "hits", "retrieval"),
    *("dia_ids", "turn_ids", "dialog_ids", "context_ids", "retrieved_context_ids", "doc_ids"),
    *("retrieved_docs", "retrieved_documents", "retrieved_passages", "retrieved_memories"),
    *("retrieved_context", "retrieved_contexts", "retrieved_sessions", "retrieved_session_ids"),
    *("ranked_sessions", "session_ids", "ids", "docids", "turns", "sessions"),
    *("passages", "memories", "contexts", "context", "source_ids", "sources", "citations"),
    *("top_k", "topk", "results"),
)
"""Keys of what was retrieved, the surest first; so is `<model>_context`, as LoCoMo writes it."""

EVIDENCE_KEYS = ("evidence", "evidence_ids", "evidences", "predicted_evidence")
"""Keys of what was retrieved, unless they repeat LoCoMo's own evidence, as most files do."""

ANSWER_KEY = "answer"
"""The key that is the gold answer in some layouts and the prediction in others."""

_GENERIC_NAMES = frozenset(
    {
        *("detailed_results", "individual_results", "item_results", "judge_results", "qa_results"),
        *("question_results", "results", "responses", "predictions", "evaluations", "details"),
        *("rows", "data", "items", "answers", "records", "entries", "examples", "samples"),
        *("per_question", "questions", "qa", "qas", "qa_pairs", "by_type", "by_category"),
        *("conversations", "outputs", "output", "runs", "logs", "traces", "test_cases", "scored"),
    }
)
_GENERIC_ENDINGS = ("_results", "_rows", "_items", "_responses", "_answers", "_evaluations")
_GENERIC_BEGINNINGS = ("results_", "by_", "all_")

_WORD_START = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """Return a key in snake case: `groundTruth` and `Ground Truth` become `ground_truth`."""
    if len(name) > 100:
        return name
    return _WORD_START.sub("_", name).replace(" ", "_").replace("-", "_").lower()


def is_generic(name: str) -> bool:
    """Return whether the name of a list says nothing about whose rows it holds."""
    plain = snake(name)
    return (
        plain in _GENERIC_NAMES
        or plain.endswith(_GENERIC_ENDINGS)
        or plain.startswith(_GENERIC_BEGINNINGS)
    )
