"""Mail: everybody's mailbox, and a pen to write to us with."""
