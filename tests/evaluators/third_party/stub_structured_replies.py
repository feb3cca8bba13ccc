"""The stub's replies to packages that ask for JSON of a form of their own: by rules, as ever."""

from __future__ import annotations

import json
import re
from typing import Any

_SPOKEN = re.compile(r"^\[(\d{4}-\d\d-\d\dT[\d:]+)\] ", re.MULTILINE)

_OF_GRAPHITI = {
    "EdgeDuplicate",
    "EdgeTimestamps",
    "ExtractedEdges",
    "ExtractedEntities",
    "NodeResolutions",
    "SummarizedEntities",
}


def structured_reply(body: dict[str, Any], prompt: str) -> str | None:
    """Return the reply to graphiti, A-MEM or SimpleMem, or None if it is for another."""
    schema = body.get("response_format", {}).get("json_schema", {})
    if schema.get("name") == "response":
        return json.dumps(_for_amem(schema["schema"]["properties"], prompt))
    if schema.get("name") in _OF_GRAPHITI:
        return json.dumps(_for_graphiti(schema["name"], prompt))
    reply = _for_simplemem(prompt)
    return None if reply is None else json.dumps(reply)


def _for_amem(wanted: dict[str, Any], prompt: str) -> dict[str, Any]:
    """Link a note to its nearest one, and give that one and the others a tag."""
    if "should_evolve" not in wanted:
        words = re.findall(r"\w{4,}", prompt.rpartition("Content for analysis:")[2])
        return {"keywords": words[:3], "context": "A talk.", "tags": ["talk"]}
    near = re.findall(r"^\s*memory_id:(\S+)\t", prompt, re.MULTILINE)
    return {
        "should_evolve": True,
        "actions": ["strengthen", "update_neighbor"],
        "suggested_connections": near[:1],
        "tags_to_update": ["linked"],
        "new_context_neighborhood": ["A talk that went on."] * len(near),
        "new_tags_neighborhood": [["neighbour"]] * len(near),
    }


def _for_graphiti(form: str, prompt: str) -> dict[str, Any]:
    """Keep every message as a fact between who said it and the conversation; nothing is equal."""
    if form == "ExtractedEntities":
        speaker = _between(prompt, "CURRENT MESSAGE").partition(":")[0]
        names = (speaker, "the conversation")
        return {"extracted_entities": [{"name": name, "entity_type_id": 0} for name in names]}
    if form == "ExtractedEdges":
        message = _between(prompt, "CURRENT_MESSAGE")
        edge = {
            "source_entity_name": message.partition(":")[0],
            "target_entity_name": "the conversation",
            "relation_type": "SAID",
            "fact": message,
        }
        return {"edges": [edge]}
    if form == "EdgeTimestamps":
        told = re.findall(r"\d{4}-\d\d-\d\dT[\d:]+\+00:00", prompt)[-1]
        return {"valid_at": told, "invalid_at": None}
    if form == "NodeResolutions":
        entities = json.loads(_between(prompt, "ENTITIES"))
        known = {row["name"]: row for row in json.loads(_between(prompt, "EXISTING ENTITIES"))}
        return {
            "entity_resolutions": [
                {
                    "id": row["id"],
                    "name": row["name"],
                    "duplicate_candidate_id": known.get(row["name"], {}).get("candidate_id", -1),
                }
                for row in entities
            ]
        }
    if form == "EdgeDuplicate":
        return {"duplicate_facts": [], "contradicted_facts": []}
    return {"summaries": []}


def _between(prompt: str, tag: str) -> str:
    return prompt.partition(f"<{tag}>\n")[2].partition(f"\n</{tag}>")[0].strip()


def _for_simplemem(prompt: str) -> Any:
    """Keep every line as a fact; plan two searches, and find that they are enough."""
    if "[Current Window Dialogues]" in prompt:
        said = prompt.partition("[Current Window Dialogues]\n")[2].partition("\n[Requirements]")[0]
        _, *rows = _SPOKEN.split(said)
        return [
            {"lossless_restatement": line.strip(), "timestamp": told, "keywords": []}
            for told, line in zip(rows[::2], rows[1::2], strict=True)
        ]
    if "determine what specific information is required" in prompt:
        return {"question_type": "factual", "required_info": [], "minimal_queries_needed": 2}
    if "generate the minimal set of targeted search queries" in prompt:
        question = prompt.partition("Original Question: ")[2].partition("\n")[0]
        return {"reasoning": "Two wordings.", "queries": [question, question.rstrip("?")]}
    if "sufficient to completely answer the original question" in prompt:
        return {"assessment": "complete", "coverage_percentage": 100}
    return None
