"""Words on the page of the audit log."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.audit-actor": Entry("Person"),
    "page.audit-any": Entry("Everything"),
    "page.audit-calls": Entry("{count:count call}"),
    "page.audit-case": Entry("Number of the case"),
    "page.audit-case-number": Entry("case {number}"),
    "page.audit-filter": Entry("Show"),
    "page.audit-kind": Entry("What"),
    "page.audit-kind/audit": Entry("Audit log"),
    "page.audit-kind/case": Entry("Case"),
    "page.audit-kind/change": Entry("Correction"),
    "page.audit-kind/compare": Entry("Comparison"),
    "page.audit-kind/delete": Entry("Deletion"),
    "page.audit-kind/enrol": Entry("Photos added"),
    "page.audit-kind/job": Entry("Background job"),
    "page.audit-kind/list": Entry("Lists shown"),
    "page.audit-kind/other": Entry("Other"),
    "page.audit-kind/restore": Entry("Restoration"),
    "page.audit-kind/review": Entry("Review"),
    "page.audit-kind/search": Entry("Search"),
    "page.audit-kind/sign-in": Entry("Sign-in"),
    "page.audit-kind/upkeep": Entry("Upkeep"),
    "page.audit-kind/view": Entry("Pictures shown"),
    "page.audit-lead": Entry(
        "Who did what, when, and for what purpose. People and faces are numbers here: whoever is deleted leaves no "
        "name. Pictures and lists that one person is shown within a minute are one line."
    ),
    "page.audit-people": Entry("People: {numbers}"),
    "page.audit-faces": Entry("Faces: {numbers}"),
    "page.audit-some": Entry("{numbers} and {more:,} more"),
    "page.audit-times": Entry("Times are UTC."),
    "page.nav-audit": Entry("Audit log"),
    "page.no-events": Entry("There is no such event."),
}
