"""Messages of errors ``web.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "web.busy": Entry("too many requests wait already.", "Try again in a moment."),
    "web.cursor": Entry(
        "it is not a cursor of this listing, or of an earlier run of the service.",
        "Begin with the first page, without a cursor.",
    ),
    "web.fatal-photo": Entry(
        "the service ended {tries} times while it worked on this photo.", "Please report it, with the photo if you may."
    ),
    "web.form": Entry("the form does not belong to this session.", "Open the page again, and repeat what you did."),
    "web.form/origin": Entry(
        "the form was sent from {origin}, but the service is called by the name {host}.",
        "Let the proxy pass on the header Host, with the port.",
    ),
    "web.host": Entry(
        "the service is not called by this host name.",
        cli="Use the address that it printed, or name the host with --name.",
        python="Use the address that the service printed.",
    ),
    "web.internal": Entry(
        "the service failed in a way that nobody expected.", "Please report what the service printed."
    ),
    "web.media-type": Entry("the body is of another type than documented.", "See the OpenAPI document."),
    "web.method": Entry("this resource does not have this method.", "See the OpenAPI document."),
    "web.no-audit": Entry(
        "the service keeps no audit log.",
        cli="Start it without `--audit-days 0`.",
        python="Give the service a log.",
    ),
    "web.picture": Entry("no picture is kept of this face."),
    "web.repeated/gone": Entry(
        "the first request with this Idempotency-Key was done; its answer was dropped when somebody was deleted.",
        "Ask for what is there now, or use a new key to do it again.",
    ),
    "web.repeated/other": Entry(
        "this Idempotency-Key was used for another request.", "Use a new key for each request, the same for a repeat."
    ),
    "web.repeated/running": Entry("the first request with this Idempotency-Key is still running.", "Wait for it."),
    "web.request/body": Entry("the request cannot be read: {reason:clause}."),
    "web.request/fields": Entry("the request is not as documented: {faults:phrases}."),
    "web.route": Entry("there is nothing at this address.", "Check it."),
    "web.search": Entry("there is no such search, or not any more.", "Search again: results are held for an hour."),
    "web.token": Entry(
        "the token is missing or wrong.",
        cli="Send the one printed at the first start; `bareface serve --new-token` makes another.",
        python="Send the one that was made with the access.",
    ),
    "web.too-large": Entry(
        "the request is longer than the limit.",
        cli="Raise the limit with --max-upload.",
        python="Raise the limit.",
        service="Send less at once, or let whoever runs the service raise the limit with --max-upload.",
    ),
}
