"""Audit logs: where the record of each service call goes."""
