"""Words on the pages of background jobs."""

from bareface.messages.catalogue import Entry

ENTRIES: dict[str, Entry] = {
    "page.job-all": Entry("That is all"),
    "page.job-all-how": Entry(
        "The page that sends the photos has not said yet that there are no more. If it is closed, say so here, or "
        "send the folder again: a photo that is there already is not added twice."
    ),
    "page.job-asked": Entry("asked by {who}, {when}"),
    "page.job-begun": Entry("The job waits for its turn."),
    "page.job-cancel": Entry("Cancel"),
    "page.job-cancel-how": Entry("What is done stays. Photos that wait are deleted."),
    "page.job-cancelled": Entry("The job ends after what it works on now."),
    "page.job-completed": Entry("{count:count photo} received. Adding goes on in the background."),
    "page.job-count/references": Entry("{count:count face} added"),
    "page.job-done-of": Entry("{done:,} of {total:,}"),
    "page.job-erase": Entry("Erase this record"),
    "page.job-erased": Entry("The record is erased."),
    "page.job-erased-name": Entry("erased with the person"),
    "page.job-figure/missing": Entry("Named people that a calibration still needs: {count:,}"),
    "page.job-figure/missing-photos": Entry("Photos that are no longer there: {count:,}"),
    "page.job-figure/problems": Entry("Damage: {count:,}"),
    "page.job-figure/references": Entry("References: {count:,}"),
    "page.job-figure/subjects": Entry("Named people: {count:,}"),
    "page.job-figure/switched": Entry("All templates are of one model."),
    "page.job-figure/switched-not": Entry("Old templates are used until the references below have new ones."),
    "page.job-figure/unresolved": Entry("References without a new template: {count:,}"),
    "page.job-figure/warnings": Entry("Warnings: {count:,}"),
    "page.job-found": Entry("found"),
    "page.job-kept": Entry("A job that ended is erased after a week, with the names of its photos."),
    "page.job-kind/calibration": Entry("Calibrate the gallery"),
    "page.job-kind/check": Entry("Check the gallery"),
    "page.job-kind/evaluation": Entry("Evaluate the gallery"),
    "page.job-kind/enrolment": Entry("Add photos"),
    "page.job-kind/reembedding": Entry("Compute templates again"),
    "page.job-left-out": Entry(
        "{count:count file} left out: not a photo, hidden, or in a folder of bins or thumbnails."
    ),
    "page.job-number": Entry("Job {number}"),
    "page.job-photos": Entry("Photos"),
    "page.job-receiving": Entry("Photos are still arriving"),
    "page.job-reload": Entry("Reload"),
    "page.job-retry": Entry("Try again"),
    "page.job-retried": Entry("The job goes on."),
    "page.job-status/cancelled": Entry("cancelled"),
    "page.job-status/done": Entry("done"),
    "page.job-status/ending": Entry("ends"),
    "page.job-status/failed": Entry("stopped by an error"),
    "page.job-status/running": Entry("runs"),
    "page.job-status/waiting": Entry("waits"),
    "page.job-too-large": Entry("{count:count photo} left out: larger than the service takes."),
    "page.jobs-lead": Entry(
        "Long work is done here in the background, one job at a time and behind searches. It goes on after a restart."
    ),
    "page.nav-jobs": Entry("Jobs"),
    "page.no-jobs": Entry("There is no job yet."),
    "page.photo-waits": Entry("waits"),
    "page.show-all": Entry("All"),
    "page.upkeep": Entry("Look after the gallery"),
    "page.upkeep/calibration": Entry(
        "Learn from the named people how often strangers score high. Searches use it from then on."
    ),
    "page.upkeep/check": Entry("Look for damage, and for photos that are no longer there."),
    "page.upkeep/evaluation": Entry(
        "Measure errors, and how even the promise is, on the named people; the page Evaluation shows it."
    ),
    "page.upkeep/reembedding": Entry(
        "Read every photo again and compute its templates with today’s models. Calibrate afterwards."
    ),
}
