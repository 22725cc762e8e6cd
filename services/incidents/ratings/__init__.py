"""Keeps what departments and workers say of each other after a case, each side once (双向考核)."""
