"""Quotes: what a mail repeats of the mail before, folded for reading and never cut away."""

import re

_INTRODUCTION = re.compile(
    r"^\s*(on .{4,200}wrote|am .{4,200}schrieb.{0,80}|el .{4,200}escribió|"
    r"em .{4,200}escreveu|.{4,200}ezt írta)\s*:\s*$",
    re.IGNORECASE,
)


def fold(words: str) -> tuple[str, str]:
    """What was written, and the quote that ends it; no quote where answers stand between the quoted lines."""
    lines = words.rstrip().splitlines()
    end = len(lines)
    start = end
    while start > 0 and (lines[start - 1].lstrip().startswith(">") or not lines[start - 1].strip()):
        start -= 1
    quoted = [line for line in lines[start:] if line.strip()]
    if not quoted:
        return words.rstrip(), ""
    if any(line.lstrip().startswith(">") for line in lines[:start]):
        return words.rstrip(), ""  # answered line by line: everything is needed
    while start < end and not lines[start].strip():
        start += 1
    # "On Tuesday, Mira wrote:" belongs to the quote, also when it is broken over two lines.
    for length in (1, 2):
        head = [line for line in lines[max(0, start - 3) : start] if line.strip()][-length:]
        if head and _INTRODUCTION.match(" ".join(head)):
            start = lines.index(head[0], max(0, start - 3))
            break
    written = "\n".join(lines[:start]).rstrip()
    if not written:
        return words.rstrip(), ""
    return written, "\n".join(lines[start:]).strip()
