"""A company's two years, made up: customers by the thousand with all that happened to them, the same each time.

Rows are written as COPY text, a block of customers at a time, from a generator of random numbers of the block's own:
whoever makes a block, and in whichever process, makes the same rows.
"""
