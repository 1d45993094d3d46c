"""Web chat: a message is delivered by being stored, and open pages learn of it by a nudge."""

NAME = "chat"
