"""What every service stands on: errors, settings, identity, database, gRPC and events; it knows no business word."""
