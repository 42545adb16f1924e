"""The bodies of the HTTP API as msgspec structs, shared by API, store, client and tests.

The field names are the contract (docs/reference/api): snake_case, quantities with their unit in the name, times as
RFC 3339 in UTC (aware `datetime` here), ids as opaque text. What people send is `...New` or `...Change`; in a change a
field left out is `UNSET` and stays as it is, `None` empties it. What is shown always has all fields, empty ones `null`.
"""

from __future__ import annotations
