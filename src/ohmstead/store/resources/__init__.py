"""What the API reads and changes: one module per resource, rows in, shapes of the API out.

Every function takes the tenant, and everything that shows stations takes the sites a key is limited to: both stand in
the query itself, never in a filter after it.
"""
