"""Stand-ins for the outside world: a mailbox, a phone and a card network.

They speak SMTP and HTTP like the companies that they stand for, and import none of the other packages.
"""
