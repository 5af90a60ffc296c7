"""A check of our own for schemathesis: bodies that the document does not allow are refused.

Its own check wants that of query parameters too. On this wire those that are not understood are ignored, as in the
original API: a client that sends too much is answered all the same.
"""

import schemathesis
from schemathesis.core.parameters import ParameterLocation


@schemathesis.check
def refuses_invalid_bodies(ctx, response, case):
    meta = case.meta
    if meta is None or not meta.is_negative_at(ParameterLocation.BODY) or case.media_type != "application/json":
        return
    # Null counts as not given, for clients whose languages write every field that they know; an empty list is the empty
    # object of PHP.
    if case.body is None or case.body == [] or (isinstance(case.body, dict) and None in case.body.values()):
        return
    assert response.status_code >= 400, "a body that the document does not allow was taken"
