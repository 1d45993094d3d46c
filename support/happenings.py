"""What happens in support, as it stands on a customer's timeline; the subject is the conversation."""

from customers.timeline import Happening


class TicketOpened(Happening, tag="ticket.opened", frozen=True):
    number: int
    title: str
    channel: str


class TicketAssigned(Happening, tag="ticket.assigned", frozen=True):
    shared = False
    number: int
    title: str
    assignee: str


class TicketSolved(Happening, tag="ticket.solved", frozen=True):
    number: int
    title: str
    cycle: int


class TicketReopened(Happening, tag="ticket.reopened", frozen=True):
    number: int
    title: str
    cycle: int


class NoteWritten(Happening, tag="note.written", frozen=True):
    shared = False
    author: str
