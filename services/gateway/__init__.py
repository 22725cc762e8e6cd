"""The only door for people: pages, JSON, photos, the live stream and the map; it knows every service and owns no case.

A request comes in with a session, goes out to one service with a short-lived token that says who asks, and comes
back in the asker's language. What may be done is decided by the service behind, never here.
"""
