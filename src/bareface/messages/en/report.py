"""Sentences on a candidate list: how rare, how much is visible, and what it comes to."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "report.mask/full": Entry("full mask"),
    "report.mask/none": Entry("no mask known"),
    "report.mask/partial": Entry("partial mask"),
    "report.odds": Entry("1 in {searches:,}"),
    "report.odds/fewer": Entry("fewer than 1 in {searches:,}"),
    "report.odds/nearly-all": Entry("nearly all"),
    "report.odds/tenths": Entry("{tenths} in 10"),
    "report.rate": Entry("{odds} searches by strangers"),
    "report.rate/extrapolated": Entry("{odds} searches by strangers (extrapolated)"),
    "report.rate/none": Entry("not calibrated"),
    "report.shows/full": Entry("full mask, {visible:percent} visible"),
    "report.shows/none": Entry("no mask, {visible:percent} visible"),
    "report.shows/partial": Entry("partial mask, {visible:percent} visible"),
    "report.verdict/both": Entry(
        "{matches:count match|matches} and {possible:count possible match|possible matches}, to be checked by a person"
    ),
    "report.verdict/match": Entry("{matches:count match|matches}, to be checked by a person"),
    "report.verdict/nobody": Entry("No match: the gallery has no one to compare with"),
    "report.verdict/none": Entry("No match: nobody in this gallery scores higher than strangers do"),
    "report.verdict/possible": Entry("{possible:count possible match|possible matches}, to be checked by a person"),
    "report.verdict/uncalibrated": Entry("{leads:count lead}: no calibration says how sure they are"),
}
