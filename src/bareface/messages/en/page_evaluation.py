"""Words on the pages of evaluation and groups."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.evaluate": Entry("Evaluate now"),
    "page.evaluate-again": Entry("Evaluate again"),
    "page.evaluation-lacks": Entry("Some figures need {package}."),
    "page.evaluation-lacks-how": Entry("Install the extra [evaluate] and evaluate again."),
    "page.evaluation-lead": Entry(
        "How often this gallery’s own named people are confused or missed. The stored templates are compared; no "
        "photo is read, and no name is kept with the figures."
    ),
    "page.evaluation-limits": Entry(
        "The people of one gallery are not those who will be searched for: other people and other photos may be "
        "harder. A name that stands for two people, or one person under two names, counts as an error here."
    ),
    "page.evaluation-made": Entry("Measured on {date} by {who}, templates of {model}."),
    "page.evaluation-none": Entry("Nothing is measured yet"),
    "page.evaluation-none-how": Entry("“Evaluate now” begins a background job; this page then shows its figures."),
    "page.evaluation-of": Entry(
        "{subjects:count named person|named people}, {references:count face}; {mated:count person has|people "
        "have} several photos."
    ),
    "page.evaluation-report": Entry("Report with plots"),
    "page.figure": Entry("Figure"),
    "page.figure/eer": Entry("Equal error rate"),
    "page.figure/fnir": Entry("Searches that miss, at {target} false alarms (FNIR at FPIR)"),
    "page.figure/tar": Entry("Same people recognised, at {target} false matches (TAR at FMR)"),
    "page.figures-how": Entry(
        "TAR: of pairs of photos of one person, the share above a limit that so many pairs of different people "
        "reach. FNIR: of searches for somebody who is here, the share that miss, where so many searches by "
        "strangers find somebody. Intervals are of 95 %, drawn over people."
    ),
    "page.figures-none": Entry("There are too few people with several photos to measure errors."),
    "page.from-to": Entry("{low} to {high}"),
    "page.group": Entry("People"),
    "page.group-everybody": Entry("Everybody"),
    "page.group-few": Entry("few"),
    "page.group-look-alikes": Entry("Look-alikes {number}"),
    "page.group-means": Entry("“1 in 10” means"),
    "page.group-people": Entry("Number"),
    "page.group-ratio": Entry("Realised over promised"),
    "page.group-tenth": Entry("{tenths:.1f} in 10"),
    "page.groups-basis": Entry("The promise rests on {basis}."),
    "page.groups-fewest": Entry("The promise is checked from 20 named people on, if there is a calibration."),
    "page.groups-file": Entry("Labels (CSV)"),
    "page.groups-file-how": Entry(
        "A column subject with names as in the gallery, or numbers as #7, and one column for each label, such as age."
    ),
    "page.groups-go": Entry("Check"),
    "page.groups-here": Entry("This gallery, without labels"),
    "page.groups-hundredth": Entry("Promised 1 in 100 (1 %)"),
    "page.groups-labelled": Entry("By your labels"),
    "page.groups-labelled-how": Entry(
        "Nothing of this was stored: neither your labels nor these figures. Groups of fewer than 30 people are marked."
    ),
    "page.groups-lead": Entry(
        "A candidate’s rate is a promise about strangers. This page shows whether it holds alike for different "
        "people. Nobody’s group is guessed: look-alikes are found by their templates, and labels come from you."
    ),
    "page.groups-look-alikes-how": Entry(
        "Each person searches as a stranger in galleries drawn from the others. 1.0 keeps the promise; 2.0 means "
        "that strangers reach the score twice as often as stated."
    ),
    "page.groups-match": Entry("Called a match"),
    "page.groups-meaning": Entry(
        "Take “1 in 10” as right within a factor of about two, and “1 in 100” and rarer rates as an order of "
        "magnitude. The sets are small, and their people are not yours. Nothing follows about the people of a "
        "group: differences are those of networks and of the photos that they learned from."
    ),
    "page.groups-other-model": Entry("This gallery’s templates are of {model}: these figures say nothing about it."),
    "page.groups-own": Entry("It was fitted on these people, who then keep it better than others would."),
    "page.groups-own-labels": Entry("This gallery, with your labels"),
    "page.groups-own-labels-how": Entry(
        "If you may know people’s groups, check the promise by them. The file is read once and not kept."
    ),
    "page.groups-searches": Entry("Searches"),
    "page.groups-shipped": Entry("Measured before this version was shipped"),
    "page.groups-shipped-how": Entry(
        "{model}, {date}: searches by strangers of one test set in galleries of {gallery} other people of the "
        "same set, with 95 % intervals."
    ),
    "page.groups-tenth": Entry("Promised 1 in 10 (10 %)"),
    "page.groups-too-few": Entry("Groups of look-alikes need 80 named people."),
    "page.groups-unlabelled": Entry("Named people without this label: {count:,}"),
    "page.interval": Entry("95 % interval"),
    "page.nav-evaluation": Entry("Evaluation"),
    "page.nav-groups": Entry("Groups"),
    "page.promise": Entry("The promise by group"),
    "page.rate": Entry("{rate} %"),
    "page.support": Entry("Comparisons"),
    "page.support/enough": Entry("enough"),
    "page.support/few": Entry("few: another set of people would differ"),
    "page.support/too-small": Entry("too few to say"),
    "page.value": Entry("Value"),
}
