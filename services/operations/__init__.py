"""Looks after the data of a whole city: brings its schemas forward, backs it up, restores it, and proves both.

Not a service: a few commands that an operator or a cluster runs (`python -m services.operations --help`). They know
every schema and the object store; no process that serves people knows more than its own.
"""
