"""Purposes of optional packages."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "purpose.pdf": Entry("reports in PDF"),
    "purpose.pictures": Entry("classical enhancement and picture metrics"),
    "purpose.plots": Entry("plots"),
    "purpose.portraits": Entry("the portraits for the demonstration and for trying out an added model"),
    "purpose.score-files": Entry("score files"),
    "purpose.statistics": Entry("simulated masks, calibrations and intervals"),
    "purpose.web": Entry("the web service"),
}
