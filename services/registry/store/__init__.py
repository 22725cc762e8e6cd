"""Reads and writes registry's tables; every statement stands in the SQL files beside."""
