"""Addressees: from address headers (RFC 5322, 3.4) to names and addresses, also where their grammar is broken."""

import re

from channels.adapters.email.characters import clean, decoded

MAX_ADDRESSES = 100

_BETWEEN = re.compile(r"[\s<>\",;:()\[\]\\]+")
_ADDRESS = re.compile(r"(?:\"[^\"\\\x00-\x1f\x7f]{1,64}\"|[^\s<>\",;:()\[\]\\]+)@[^\s<>\",;:()\[\]\\]+")
_PLAIN_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*")
_TOKEN = re.compile(
    r"""
    (?P<encoded>=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=)
  | (?P<angle><[^<>]*>)
  | (?P<separator>[,;])
  | (?P<colon>:)
  | (?P<space>\s+)
  | (?P<atom>[^\s"(<>,;:=]+|=)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SIGN = re.compile(r" ?([@.]) ?")
# "ann at example.org (Ann Lee)": how archives of mailing lists hide addresses from those who collect them.
_HIDDEN = re.compile(
    r"\s*([\w.+-]{1,64}) at ([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})\s*(?:\(([^()]{0,200})\)\s*)?"
)
_ROUTE = re.compile(r"\s*(?:mailto:|@[^:<>]*:)", re.IGNORECASE)


def pairs(values: list[str]) -> list[tuple[str, str]]:
    """(name, address) of each mailbox in these headers; addresses are found before names are decoded.

    Groups are their members; what names no address is left out.
    """
    found: list[tuple[str, str]] = []
    for value in values:
        named = _read(value) if "@" in value else []
        if not named and "@" in value:
            named = [("", word) for word in _BETWEEN.split(value) if _is_address(word)]
        elif not named and (hidden := _HIDDEN.fullmatch(value)):
            named = [(hidden[3] or "", f"{hidden[1]}@{hidden[2]}")]
        found += [(decoded(name).strip("'")[:200], clean(address)[:254]) for name, address in named]
    return found[:MAX_ADDRESSES]


class _Mailbox:
    """What has been read of one mailbox so far."""

    def __init__(self, carried: str = "") -> None:
        self.carried = carried
        self.words: list[str] = []
        self.comments: list[str] = []
        self.angles: list[str] = []
        self.touches = False  # the last word goes on with the next atom

    def add(self, word: str, touches: bool) -> None:
        if touches and self.touches and self.words:
            self.words[-1] += word
        else:
            self.words.append(word)
        self.touches = True

    def found(self) -> list[tuple[str, str]]:
        if self.angles:
            name = " ".join([self.carried, *(_unquoted(word) for word in self.words)]).strip()
            return [(name or " ".join(self.comments), address) for address in self.angles]
        addresses = [plain for word in self.words if _is_address(plain := _plain(word))]
        if not addresses and _is_address(joined := _plain(" ".join(self.words))):
            addresses = [joined]
        return [(" ".join(self.comments), address) for address in addresses]


def _read(value: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    box, place = _Mailbox(), 0
    no_quote = no_comment = False  # one that is open at the end: what opens after it is none either
    while place < len(value):
        if value[place] == '"' and not no_quote:
            quoted = _QUOTED.match(value, place)
            if quoted:
                box.add(quoted[0], touches=True)
                place = quoted.end()
                continue
            no_quote = True
        if value[place] == "(" and not no_comment:
            after = after_comment(value, place)
            if after is not None:
                box.comments.append(value[place + 1 : after - 1])
                place, box.touches = after, False
                continue
            no_comment = True
        token = _TOKEN.match(value, place)
        assert token is not None
        place = token.end()
        match token.lastgroup:
            case "separator":
                more = box.found()
                found += more
                # "Lee, Ann <ann@example.test>": a name that nobody quoted.
                said = " ".join([box.carried, *map(_unquoted, box.words)]).strip()
                box = _Mailbox(f"{said}," if said and not more and token[0] == "," else "")
            case "colon":
                if not any("@" in word for word in box.words):
                    box = _Mailbox()  # a group's name
            case "angle":
                inside = _without_comments(token[0][1:-1])
                route = _ROUTE.match(inside)
                address = _plain(inside[route.end() :] if route else inside)
                if _is_address(address):
                    box.angles.append(address)
                box.touches = False
            case "space":
                box.touches = False
            case "encoded" | "atom":
                box.add(token[0], touches=True)
        if len(found) > MAX_ADDRESSES:
            return found
    return found + box.found()


def after_comment(value: str, place: int) -> int | None:
    """Where the comment that opens at `place` ends (RFC 5322, 3.2.2), nested ones included; None if it never does."""
    depth = 0
    while place < len(value):
        match value[place]:
            case "\\":
                place += 1
            case "(":
                depth += 1
            case ")":
                depth -= 1
                if depth == 0:
                    return place + 1
        place += 1
    return None


def _without_comments(inside: str) -> str:
    return re.sub(r"\([^()]*\)", "", inside)


def _unquoted(word: str) -> str:
    return _QUOTED.sub(lambda found: re.sub(r"\\(.)", r"\1", found[1]), word)


def _plain(word: str) -> str:
    """An address without what says nothing: space around its signs, quotes around a local part that needs none."""
    if not word.lstrip().startswith('"'):
        return _SIGN.sub(r"\1", " ".join(word.split()))
    local, _, domain = word.strip().rpartition("@")
    bare = _unquoted(local)
    return f"{bare if _PLAIN_LOCAL.fullmatch(bare) else local}@{domain}"


def _is_address(word: str) -> bool:
    return "@" in word and len(word) <= 320 and _ADDRESS.fullmatch(word) is not None
