"""Reasons: why an answer did not arrive or a road is closed, in words of ours."""

import re

from channels import optouts
from channels.models import MessageStatus
from core.rendering import gettext as _

# Twilio's codes; what is not named here did not arrive, and the details say more.
_CODE = re.compile(r"\b(\d{5})\b")
_MAIL = re.compile(r"\b([45])\.(\d{1,3})\.(\d{1,3})\b")
_OPTED_OUT = "21610"
_NO_TEXTS = {"21211", "21214", "21217", "21614", "30005", "30006", "30011"}
_NOT_ON = {"30003", "30017"}
_REFUSED = {"30004", "30007", "30022", "30034", "30450"}


def unreached(channel: str, reason: str) -> str:
    """Why something that we wrote did not arrive; `reason` is what a provider, a relay or our gate said."""
    if reason.startswith("suppressed: "):
        return closed(channel, reason.removeprefix("suppressed: "))
    if channel == "sms":
        return _text(reason)
    if channel == "email" and (found := _MAIL.search(reason)):
        return _mail(found[2], found[3])
    return _("It could not be delivered.")


def became(channel: str, status: str, reason: str) -> str:
    """What became of an answer that is not simply sent; empty where there is nothing to explain."""
    if status == MessageStatus.FAILED:
        return unreached(channel, reason)
    if status == MessageStatus.UNKNOWN:
        return _("It may have gone out or not: there was no clear answer.")
    if status == MessageStatus.QUEUED and reason:
        return _("It did not get through yet and is tried again.")
    return ""


def closed(channel: str, reason: str) -> str:
    """Why nothing may be written to an address; `reason` is why it was suppressed."""
    if channel == "sms" and reason in optouts.OPTED_OUT:
        return _("They have opted out of texts (STOP).")
    if reason.startswith("bounced"):
        return _("Mail to this address came back.")
    return _("Do not write: %(reason)s") % {"reason": reason}


def keyword(channel: str, said: str) -> str:
    """A text that is one of the words every phone's owner may send (STOP), as what they did; else empty."""
    word = optouts.keyword(said) if channel == "sms" else None
    if word is None:
        return ""
    told = {
        "stop": _("Wrote %(said)s: no more texts"),
        "start": _("Wrote %(said)s: texts are welcome again"),
        "help": _("Wrote %(said)s: asked who we are"),
    }
    return told[word] % {"said": said.strip()}


def _text(reason: str) -> str:
    codes = set(_CODE.findall(reason))
    if _OPTED_OUT in codes:
        return _("They have opted out of texts (STOP).")
    if codes & _NO_TEXTS:
        return _("That number cannot get texts.")
    if codes & _NOT_ON:
        return _("Their phone could not be reached.")
    if codes & _REFUSED:
        return _("Their phone company did not let the text through.")
    return _("The text could not be delivered.")


def _mail(subject: str, detail: str) -> str:
    """By the classes of RFC 3463: 1 the address, 2 the mailbox, 7 policy."""
    if subject == "1":
        return _("There is no such mailbox.")
    if (subject, detail) == ("2", "2"):
        return _("Their mailbox is full.")
    if subject == "7":
        return _("Their mail server refused it.")
    return _("Mail to this address came back.")
