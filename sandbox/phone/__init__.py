"""Phones: every number of the world, behind the REST resources of the telephone company."""
