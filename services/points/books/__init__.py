"""The books themselves: tables and the one function that writes them, in a schema and under a role of their own.

The service may call the function and read; it may not write a row by itself, and nobody may change one.
"""
