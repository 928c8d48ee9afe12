"""The registrar: knows people, never statements. Offline only.

Holds names, contacts, topics and languages, issues credentials, and keeps no mapping from a
person to a credential: a blinded request is a uniformly random number, a voucher code is printed
and forgotten, and when the issue phase ends the ticks, the invitations and the key are destroyed.
"""
