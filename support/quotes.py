"""Quotes: what a mail repeats of the mail before and how it is signed, folded for reading and never cut away."""

import re

# "On Tuesday, Mira wrote:" as mail programs of our languages and their neighbours have it, over one line or two.
_INTRODUCTION = re.compile(
    r"^\s*(on .{4,200}wrote|am .{4,200}schrieb.{0,80}|el .{4,200}escribió|"
    r"em .{4,200}escreveu|.{4,200}ezt írta|le .{4,200}a écrit|il .{4,200}ha scritto|"
    r"op .{4,200}schreef.{0,80}|.{4,200}<[^<>\s]{1,120}@[^<>\s]{1,120}> wrote)\s*:\s*$",
    re.IGNORECASE,
)
# What Outlook and its like put between an answer and the whole mail below it, which carries no marks.
_RULE = re.compile(
    r"^\s*(-{2,}\s*(original message|ursprüngliche nachricht|mensaje original|eredeti üzenet|"
    r"mensagem original|message d'origine|messaggio originale)\s*-{2,}|_{20,})\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(from|von|de|feladó|da|van)\s?:\*?\s*\S", re.IGNORECASE)
_HEADER = re.compile(
    r"^\s*\*?(sent|date|to|cc|subject|gesendet|datum|an|betreff|enviado(?: el)?|fecha|para|asunto|küldve|"
    r"dátum|címzett|másolatot kap|tárgy|enviada em|data|assunto|envoyé|à|objet)\s?:\*?\s*\S",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"^\s*(fwd?|wg|tr|rv|enc|továbbítás|továbbítva|i)\s*:", re.IGNORECASE)
_DEVICE = re.compile(
    r"^\s*(sent from my .{2,40}|sent from (outlook|mail|yahoo|proton).{0,40}|get outlook for .{2,20}|"
    r"(von meinem|gesendet von|gesendet mit) .{2,60}|enviado (desde|do) .{2,40}|"
    r"az? .{2,30}(készülékemről|telefonomról) küldve)\s*(<\S+>)?\s*$",
    re.IGNORECASE,
)
# A signature is short; a line of two dashes further up is a line.
_SIGNATURE = 20


def fold(words: str, subject: str = "") -> tuple[str, str]:
    """What was written, and what ends it: the quote and the signature; both as they were, nothing is lost.

    No quote where answers stand between the quoted lines. Of what was forwarded, by its `subject`, the mail below
    the note is what the mail is about: only marked lines fold.
    """
    lines = words.rstrip().splitlines()
    start, inline = _marked(lines)
    if inline:
        return words.rstrip(), ""  # answered line by line: everything is needed
    if not _FORWARDED.match(subject):
        start = min(start, _unmarked(lines))
    start = _signed(lines, start)
    written = "\n".join(lines[:start]).rstrip()
    folded = "\n".join(lines[start:]).strip()
    if not written or not folded:
        return words.rstrip(), ""
    return written, folded


def _marked(lines: list[str]) -> tuple[int, bool]:
    """Where the marked quote that ends the words begins, and whether marked lines stand between others."""
    end = len(lines)
    start = end
    while start > 0 and (lines[start - 1].lstrip().startswith(">") or not lines[start - 1].strip()):
        start -= 1
    if not any(line.strip() for line in lines[start:]):
        # A signature below the quote: "> ...", "-- ", "Ana".
        signed = _signed(lines, end)
        if signed == end:
            return end, any(line.lstrip().startswith(">") for line in lines)
        above, inline = _marked(lines[:signed])
        return (above if above < signed else end), inline
    while start < end and not lines[start].strip():
        start += 1
    # "On Tuesday, Mira wrote:" belongs to the quote, also when it is broken over two lines.
    for length in (1, 2):
        head = [line for line in lines[max(0, start - 3) : start] if line.strip()][-length:]
        if head and _INTRODUCTION.match(" ".join(head)):
            start = lines.index(head[0], max(0, start - 3))
            break
    return start, any(line.lstrip().startswith(">") for line in lines[:start])


def _unmarked(lines: list[str]) -> int:
    """Where a mail below begins that is repeated without marks."""
    for place, line in enumerate(lines):
        if _RULE.match(line) and any(_FROM.match(each) for each in lines[place + 1 : place + 4]):
            return place
        if _RULE.match(line) and not line.strip().startswith("_"):
            return place
        if _FROM.match(line):
            below = [each for each in lines[place + 1 : place + 8] if each.strip()][:5]
            if sum(bool(_HEADER.match(each)) for each in below) >= 2:
                return place
    return len(lines)


def _signed(lines: list[str], end: int) -> int:
    """Where the signature begins that ends the first `end` lines; `end` for none."""
    while end > 0 and not lines[end - 1].strip():
        end -= 1
    for place in range(end - 1, max(-1, end - 1 - _SIGNATURE), -1):
        if lines[place].rstrip() == "--" or lines[place] == "-- ":
            return place
    if end and _DEVICE.match(lines[end - 1]):
        return end - 1
    return end
