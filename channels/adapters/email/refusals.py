"""Refusals: where in the talk a relay said no, or nothing, and whose fault that is."""

import re
from enum import StrEnum


class Fault(StrEnum):
    RELAY = "relay"  # nobody's mail gets through here now: by another one
    SENDER = "sender"  # it does not take mail of this address of ours: by another one, and for us to mend
    DOMAIN = "domain"  # the recipients' mail system wants it later, and everybody else's mail to it, too
    MAILBOX = "mailbox"  # that mailbox wants it later
    MESSAGE = "message"  # never
    UNKNOWN = "unknown"  # it may have the mail


OPENING = ("connecting", "greeting", "EHLO", "STARTTLS", "AUTH")
# Mailbox full, disabled, unknown for now (RFC 3463): the others of that domain get their mail.
_MAILBOX = re.compile(r"\s*4\.[12]\.")
# That we may not send this way at all is said of recipients, and is for us to mend.
_OURS = re.compile(
    r"rela(y|ying) (access )?(denied|not permitted|not allowed)|(unable|not permitted) to relay",
    re.IGNORECASE,
)
_LOG_IN = (530, 534, 535, 538)


class Trouble(Exception):
    """What went wrong with a mail: at which verb, with which code (None: cut off, or silence) and words."""

    def __init__(self, verb: str, code: int | None, words: str, address: str = "") -> None:
        super().__init__(verb, code)
        self.verb = verb
        self.code = code if code is None or 200 <= code < 600 else None
        self.words = tidy(words)
        self.address = address

    def __str__(self) -> str:
        return f"{self.verb}: {self.code} {self.words}" if self.code else f"{self.verb}: {self.words}"

    @property
    def fault(self) -> Fault:
        """Whose fault it is: temporary and permanent answers told apart at every verb."""
        if self.verb in OPENING:
            return Fault.RELAY
        if self.verb == "MAIL":
            refused = self.code is not None and self.code >= 500 and self.code not in _LOG_IN
            return Fault.SENDER if refused else Fault.RELAY
        if self.code is None or self.code < 400:
            return Fault.UNKNOWN if self.verb == "the mail" else Fault.RELAY
        if self.code < 500:
            return Fault.MAILBOX if _MAILBOX.match(self.words) else Fault.DOMAIN
        if self.verb == "RCPT" and (self.code in _LOG_IN or _OURS.search(self.words)):
            return Fault.DOMAIN
        return Fault.MESSAGE

    @property
    def is_lasting(self) -> bool:
        """Whether a relay that says so will hardly say otherwise in a minute."""
        return self.code is not None and self.code >= 500


def tidy(words: str) -> str:
    return " ".join(words.encode("utf-8", "replace").decode().replace("\x00", "").split())[:300]
