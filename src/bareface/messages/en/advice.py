"""Advice within other messages; advice that depends on the interface has no text of its own."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "advice.copy": Entry("restore a copy of the gallery"),
    "advice.delete-reference": Entry(
        cli="delete it with `bareface gallery delete --reference {row}` and enrol its photo again",
        python="delete it with `Gallery.delete(reference={row})` and enrol its photo again",
    ),
    "advice.delete-references": Entry("delete the references of this photo by their numbers"),
    "advice.delete-subject": Entry(
        cli="delete it with `bareface gallery delete --subject '#{row}'`",
        python="delete it with `Gallery.delete(subject={row})`",
    ),
    "advice.repair": Entry(
        cli="delete it with `bareface gallery check --repair`",
        python="delete it with `Gallery.repair()`",
    ),
}
