"""Messages of errors ``calibration.*``."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "calibration.format/file": Entry("this is not a calibration: {reason}.", "Calibrate again."),
    "calibration.format/gallery": Entry(
        "the gallery's calibration cannot be read: {reason:clause}.",
        "Calibrate again, or delete the file: the packaged calibration then serves.",
    ),
    "calibration.llr": Entry(
        "this calibration has no mated comparisons, so it gives no likelihood ratios.",
        "Calibrate on people with at least two photos each.",
    ),
    "calibration.missing": Entry(
        "bareface has no calibration for templates of {space}.",
        cli="Fit one for an added model: `bareface models fit MODEL --faces DIR`.",
        python="Fit one for an added model: `Models.fit`.",
    ),
    "calibration.scores/cllr": Entry("Cllr needs at least one ratio of each class, and no NaN."),
    "calibration.scores/infinite": Entry("Some scores are infinite.", "Leave them out."),
    "calibration.scores/kinds": Entry(
        "{mated} mated and {non_mated} non-mated scores: both kinds are needed.",
        "Use photos of several people, with at least two photos of some of them.",
    ),
    "calibration.scores/nan": Entry("Some scores are NaN or infinite.", "Leave them out."),
    "calibration.scores/none": Entry("The score file holds no comparison with a score."),
    "calibration.scores/similarity": Entry("A similarity is NaN or infinite."),
    "calibration.scores/template": Entry(
        "a template is zero or not finite.",
        cli="`bareface gallery check` names the damage.",
        python="`Gallery.check()` names the damage.",
    ),
    "calibration.sparse": Entry(
        "only {share:.1%} of the probe and reference photos were compared: too few to tell how strangers differ.",
        "Use a protocol that compares every probe with every reference.",
    ),
    "calibration.subjects": Entry(
        "{subjects} subjects are too few to say how often strangers score high: {more} more are needed.",
        "Until then the packaged calibration is used.",
    ),
    "calibration.subjects/people": Entry(
        "{subjects} people with a bare face are too few to say how often strangers score high: {more} more are needed.",
        "Add folders of further people.",
    ),
    "calibration.ties": Entry(
        "the non-mated scores take too few values ({values}) to rank strangers.",
        "Export scores with more digits.",
    ),
}
