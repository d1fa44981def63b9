"""Peak memory of enrolling many photos: ``python -m benchmarks.memory_enrol [--photos 10000] [--folder DIR]``."""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

from rich.progress import Progress

import bareface
from bareface.values.enrolment import EnrolOutcome
from benchmarks.common import print_table, write_json
from training.photos import data_folder


def main() -> None:
    """Enrol into a new gallery and print the peak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="photos to enrol; LFW's and CelebA's by default")
    parser.add_argument("--json", type=Path, default=Path("out/memory_enrol.json"))
    options = parser.parse_args()
    data = data_folder()
    folders = [options.folder] if options.folder else [data / "lfw" / "images", data / "train" / "celeba"]
    photos = [str(p) for folder in folders for p in sorted(folder.rglob("*")) if p.is_file()][: options.photos]
    with tempfile.TemporaryDirectory() as place, Progress() as bar:
        task = bar.add_task("enrolling", total=len(photos))

        def show(done: int, _total: int, _outcome: EnrolOutcome) -> None:
            bar.update(task, completed=done)

        start = time.perf_counter()
        with bareface.Gallery.open(Path(place) / "many.bareface") as gallery:
            report = gallery.enrol(photos, basis="benchmark", progress=show)
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print_table(
        "Enrolment",
        ["photos", "references", "peak memory, GiB", "photos a second"],
        [[str(len(photos)), report.references, peak, len(photos) / seconds]],
    )
    write_json(options.json, {"photos": len(photos), "references": report.references, "peak_gib": peak})


if __name__ == "__main__":
    main()
