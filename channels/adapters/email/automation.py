"""Automation: mail that no person wrote. It is never answered automatically and reopens nothing."""

from channels.adapters.email.parsing import ParsedMail

_ROBOTS = (
    "mailer-daemon",
    "postmaster",
    "noreply",
    "no-reply",
    "donotreply",
    "do-not-reply",
    "bounce",
    "bounces",
)


def why_automated(mail: ParsedMail, mail_from: str, our_domain: str) -> str:
    """What shows that a machine sent this mail, empty for a person's: RFC 3834 and the field's habits."""
    submitted = mail.first("auto-submitted").partition(";")[0].strip().lower()
    precedence = mail.first("precedence").strip().lower()
    local, _, domain = mail.sender.lower().rpartition("@")
    reasons = {
        f"Auto-Submitted: {submitted}": submitted not in ("", "no"),
        f"Precedence: {precedence}": precedence in ("bulk", "junk", "list", "auto_reply"),
        "null sender": mail_from in ("", "<>"),
        "mailing list": bool(mail.first("list-id") or mail.first("list-unsubscribe")),
        "automatic reply": bool(mail.first("x-autoreply") or mail.first("x-autorespond")),
        "vacation reply": mail.first("x-auto-response-suppress").lower() not in ("", "none"),
        "delivery report": mail.content_type in ("multipart/report", "message/delivery-status"),
        "sent by a robot": local.partition("+")[0] in _ROBOTS,
        "our own address": domain == our_domain.lower(),
        "looped": any(our_domain.lower() in value.lower() for value in mail.values("x-loop")),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")
