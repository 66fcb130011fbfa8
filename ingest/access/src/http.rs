//! What every HTTP surface shares: request ids, credentials of a request, problem responses.
