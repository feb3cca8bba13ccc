"""Finds phrases that sound translated: `python scripts/check_english.py [FILE …]`.

It reads the comments and strings of Python and JavaScript, and the text of Markdown, HTML, TOML
and YAML. Each finding is a line `file:line: phrase: what to write instead`; the exit status is 1 if
there are any. `--report` prints how many there are in each folder and always exits with 0.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

PHRASES = {
    r"(?<!there\s)\b(?:is|are|was|were) no (?!longer|more|other|better|worse)[a-z]+": "is not a …",
    r"\bno longer there\b": "is missing, was removed",
    r"\bthere is none\b": "not found, missing",
    r"\bthere is [a-z]+:": "start the sentence with the thing",
    r"\bwho(?:m)? nobody\b|\bnobody\b": "no one; or name who",
    r"\bchoose of\b": "choose from, choose one of",
    r"\bof other people\b|\bother people's\b": "third-party; of other conversations",
    r"\blikewise\b": "also, the same",
    r"\b(?:tells|told)\b": "says, shows, reports, is given",
    r"\bmend(?:s|ed|ing)?\b": "fix, repair",
    r"\bas it (?:is|was)\b(?! (?:when|sent|written|read|given|done|[a-z]+ed)\b)": "unchanged",
    r"\bas they are\b(?! now)": "unchanged",
    r"\banew\b|\bafresh\b": "again, from scratch",
    r"\bof one's own\b": "your own; its own",
    r"\bstands? in\b": "is in, is read from",
    r"\bby choice\b": "optional, optionally",
    r"\bits like\b|\band the like\b": "and similar types",
    r"\bwhere you like\b": "optionally",
    r"\bat hand\b": "available",
    r"\bof (?:its|their) own accord\b": "automatically",
    r"\bwhat is no\b": "anything that is not a",
    r"\bso far as\b": "as far as",
    r"\bgoes wrong\b": "fails",
    r"\bcan't be true\b": "is impossible",
    r"\bwords of (?:our|its|their) own\b": "in our own words",
    r"\bexists already\b|\bis there already\b": "already exists",
    r"\bhands? over\b|\bhanded over\b": "passes, gives",
    r"\bdoes not hold together\b": "is inconsistent",
    r"\blies in\b|\blie in\b": "is in",
    r"\btell (?:whether|apart)\b": "return whether; distinguish",
    r"\b(?:that|which) (?:is|are) none\b": "that is not one",
    r"\bso many\b": "how many, this many",
    r"\ball the same\b": "nevertheless, anyway",
    r"\bin the place of\b": "instead of",
    r"\bhow it gets on\b": "its progress",
    r"\bwhat bec(?:ame|omes) of\b": "what happened to, the outcome of",
    r"\banother [a-z-]+ than\b|\botherwise than\b": "a different … from",
    r"\bha(?:s|ve) another shape\b": "does not match its schema",
    r"\bgoes on where\b": "continues where",
    r"\bkept from before\b": "stored",
    r"\b(?:tokens|seconds|steps|times) an? (?:second|call|reply|answer)\b": "per",
    r"\bmust be a text\b|\bas a text\b|\bis not a text\b": "string",
    r"\bin one go\b": "together",
    r"\b(?:give|repeat) the command again\b": "run the command again",
    r"\bthat has room\b": "with enough free space",
    r"\bdon't hold\b|\bdoes not hold\b|\bdo not hold\b": "don't apply",
}
"""Patterns to search for, ignoring case, and what to write instead."""

ALLOWED = {
    "builders/sample/data/": "the talk of the sample's invented people",
    "builders/prompts/": "sent to models, which were trained on these words",
    "evaluators/prompts/": "sent to models, which were trained on these words",
    "locomo_vqa/prompts/": "sent to models, which were trained on these words",
    "tests/golden/": "examples of files, byte for byte",
    "tests/test_english.py": "examples of what is found",
    "docs/commands.md": "made from the help texts, which are read where they are written",
    "scripts/check_english.py": "the phrases themselves",
    "evaluators/metrics/data/": "WordNet's notice",
}
"""Files, and folders (with a slash at the end), that are not read, each with the reason."""

ALLOWED_PARTS = {
    ("builders/questions/rules.py", "must not stand in the question"): "sent to the generator",
    ("evaluators/memory/stage_models.py", "it is no JSON"): "sent to the model",
    ("evaluators/third_party/adapters/mem0ai_1.py", "told"): "a key of mem0's metadata",
}
"""Files with words that may stay in them, each with the reason."""

COMPILED = {
    re.compile(phrase.replace(" ", r"\s+"), re.IGNORECASE): instead
    for phrase, instead in PHRASES.items()
}


class Finding(NamedTuple):
    """A phrase that was found, and where."""

    path: str
    line: int
    phrase: str
    instead: str


class Passage(NamedTuple):
    """A piece of prose, and the line where it begins."""

    line: int
    text: str


def main(arguments: list[str]) -> int:
    """Print the findings, and return the exit status."""
    report = "--report" in arguments
    named = [Path(name).resolve() for name in arguments if name != "--report"]
    found = [finding for path in named or list_files() for finding in check(path)]
    if report:
        for folder, number in Counter(_folder(finding) for finding in found).most_common():
            print(f"{number:5} {folder}")
        print(f"{len(found):5} in all")
        return 0
    for finding in found:
        print(f'{finding.path}:{finding.line}: "{finding.phrase}": {finding.instead}')
    return 1 if found else 0


def list_files() -> list[Path]:
    """Return every file of the repository that has prose to check."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode == 0:
        return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]
    hidden = ("build", "dist", "unpacked", "site", ".pytest_cache")
    return [
        path
        for path in sorted(ROOT.rglob("*"))
        if path.is_file()
        and not any(part.startswith(".venv") or part in hidden for part in path.parts)
    ]


def check(path: Path) -> Iterator[Finding]:
    """Yield the findings in one file."""
    name = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)
    read = READERS.get(path.suffix)
    if read is read_python and name.startswith("tests/"):
        read = read_tests
    if read is None or any(name == allowed or name.startswith(allowed) for allowed in ALLOWED):
        return
    for passage in read(path.read_text(encoding="utf-8")):
        for pattern, instead in COMPILED.items():
            for match in pattern.finditer(passage.text):
                phrase = " ".join(match[0].split())
                sentence = _sentence(passage.text, match.start())
                if any(name == file and part in sentence for file, part in ALLOWED_PARTS):
                    continue
                line = passage.line + passage.text.count("\n", 0, match.start())
                yield Finding(name, line, phrase, instead)


def read_python(source: str) -> Iterator[Passage]:
    """Yield the strings and comments of a module."""
    tree = ast.parse(source)
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    parts = {id(part) for node in joined for part in ast.walk(node)}
    for node in joined:
        texts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
        yield Passage(node.lineno, "".join(map(str, texts)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is str and id(node) not in parts:
            yield Passage(node.lineno, node.value)
    yield from _comments(source)


def read_tests(source: str) -> Iterator[Passage]:
    """Yield the docstrings and comments of a test module.

    Its other strings quote the package, where they are checked, or are made up.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield Passage(node.lineno, str(node.value.value))
    yield from _comments(source)


def read_markdown(source: str) -> Iterator[Passage]:
    """Yield the text outside code blocks and code spans."""
    kept, fenced = [], False
    for line in source.split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
            line = ""
        kept.append("" if fenced else re.sub(r"`[^`]*`", "``", line))
    yield Passage(1, "\n".join(kept))


def read_javascript(source: str) -> Iterator[Passage]:
    """Yield comments and strings, line by line."""
    for number, line in enumerate(source.split("\n"), 1):
        for match in re.finditer(r"//.*|/?\*.*|\"[^\"]*\"|'[^']*'|`[^`]*`", line):
            yield Passage(number, match[0])


def read_text(source: str) -> Iterator[Passage]:
    """Yield the whole file."""
    yield Passage(1, source)


READERS = {
    ".py": read_python,
    ".md": read_markdown,
    ".js": read_javascript,
    **dict.fromkeys((".html", ".toml", ".yaml", ".yml", ".cff", ".jinja"), read_text),
}
"""How to read each kind of file; other files are skipped."""


def _comments(source: str) -> Iterator[Passage]:
    """Yield the comments of a module, with consecutive lines as one passage."""
    comments = [
        (token.start[0], token.string.lstrip("# "))
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    ]
    block: list[str] = []
    begin = 0
    for line, text in comments:
        if block and line == begin + len(block):
            block.append(text)
            continue
        if block:
            yield Passage(begin, "\n".join(block))
        begin, block = line, [text]
    if block:
        yield Passage(begin, "\n".join(block))


def _sentence(text: str, position: int) -> str:
    """Return the text around a position, on one line."""
    return " ".join(text[max(0, position - 80) : position + 80].split())


def _folder(finding: Finding) -> str:
    return "/".join(finding.path.split("/")[:2])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
