"""Reports in a row: what a phone kept while it had no connection, or an import brings."""
