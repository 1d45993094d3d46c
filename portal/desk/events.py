"""Events of a ticket in words."""

from datetime import datetime

from core.rendering import gettext as _
from core.rendering import moment
from support.threads import Item
from support.triage import UNREACHED

_MARKS = {
    "assigned": "user-check", "released": "users", "solved": "circle-check", "reopened": "rotate-ccw",
    "snoozed": "alarm-clock", "woken": "sun", "waits": "clock", "priority": "flag", "moved": "users",
    "forwarded": "arrow-up-right", "began": "arrow-up-right",
}  # fmt: skip


def tell(item: Item) -> tuple[str, str, str]:
    """What was done with a ticket, as a sentence; its icon; and where it leads, if anywhere."""
    who, (detail, _cut, elsewhere) = item.who, item.text.partition("\n")
    match item.done:
        case "assigned" if who == detail:
            told = _("%(who)s took the ticket")
        case "assigned":
            told = _("%(who)s gave the ticket to %(detail)s") if who else _("Given to %(detail)s")
        case "moved" if not detail:
            told = _("%(who)s took the ticket from its team") if who else _("No team's ticket")
        case "moved":
            told = _("%(who)s moved the ticket to %(detail)s") if who else _("Moved to %(detail)s")
        case "released":
            told = _("%(who)s put the ticket back for everyone") if who else _("Back for everyone")
        case "solved":
            told = _("%(who)s solved the ticket") if who else _("Solved")
        case "reopened" if detail == UNREACHED:
            told = _("Opened again: our answer did not arrive")
        case "reopened":
            told = (
                _("%(who)s opened the ticket again") if who else _("Opened again by the customer's message")
            )
        case "snoozed":
            detail = moment(datetime.fromisoformat(detail))
            told = _("%(who)s snoozed the ticket until %(detail)s") if who else _("Snoozed until %(detail)s")
        case "woken":
            told = _("%(who)s woke the ticket") if who else _("The ticket is awake again")
        case "forwarded":
            told = _("%(who)s forwarded a message to %(detail)s")
        case "began":
            told = _("%(who)s forwarded this from another conversation")
        case "waits":
            waits = {"pending": _("the customer"), "on_hold": _("someone else"), "open": _("us")}
            detail = waits.get(detail, detail)
            told = _("%(who)s: waits for %(detail)s") if who else _("Waits for %(detail)s")
        case _:
            priorities = {"low": _("Low"), "normal": _("Normal"), "high": _("High"), "urgent": _("Urgent")}
            detail = priorities.get(detail, detail)
            told = _("%(who)s set the priority to %(detail)s") if who else _("Priority: %(detail)s")
    place = f"/desk/inbox/{elsewhere}" if elsewhere else ""
    return told % {"who": who, "detail": detail}, _MARKS.get(item.done, "flag"), place
