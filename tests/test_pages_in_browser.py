"""Every kind of page that bareface writes, in a real browser: shown without complaint, styled, and closed to scripts.

The candidate list and the evaluation's report have tests in their own modules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bareface.cli.main import app
from bareface.evaluation.analysis import analyse
from bareface.evaluation.bootstrap import Plan
from bareface.evaluation.restoration import ORIGINAL, Scores, Trial, judged
from bareface.gallery.restored_candidates import Agreement, RestoredCandidate, RestoredSearch, Standing
from bareface.imaging.decode import decode, encode
from bareface.reports.candidates import candidate_report
from bareface.reports.evaluation import report
from bareface.reports.restoration import page as does_it_help
from bareface.scores.score_file import ScoreInfo
from bareface.values.face import Box, Computed, Face, Landmarks, Template
from bareface.values.search import Candidate, CandidateList
from tests.browser import open_page
from tests.evaluation.helpers import random_scores

pytestmark = pytest.mark.slow

HOSTILE = "<script>document.title='owned'</script>\"'><img src=x onerror=\"document.title='owned'\">&\u202e"
GROUND = (251, 250, 247)
"""The colour of a styled page; a wrong hash in the policy would leave it plain white."""


def evaluation(folder: Path) -> bytes:
    """Return the evaluation's report on scores whose file has a hostile name."""
    scores = replace(random_scores(0, subjects=6), info=ScoreInfo(protocol=HOSTILE, kind="all pairs"))
    return report([analyse(HOSTILE, scores, Plan(replicates=30))], plan=Plan(replicates=30))


def restoration(folder: Path) -> bytes:
    """Return the answer to "does it help?" of ten people, of whom restoring loses one."""
    ten = np.arange(10)
    table = np.zeros((10, 10))
    table[ten, ten], table[ten, (ten + 1) % 10] = 0.9, 0.2
    worse = table.copy()
    worse[0, 0] = 0.1
    trial = Trial(
        HOSTILE, ten, {ORIGINAL: Scores((table,)), "each completion": Scores((worse,))}, np.ones(10, bool), {}
    )
    return does_it_help([judged(trial, Plan(replicates=20))], HOSTILE)


def candidates(folder: Path) -> bytes:
    """Return a candidate list with restored candidates, one of them calibrated."""
    crop = np.full((160, 160, 3), 120, np.uint8)
    template = Template(np.ones(128, np.float32), "bareface128", "dlib-128", "float32", "full", 0.5)
    face = Face(
        Box(0, 0, 99, 101), Landmarks(np.zeros((5, 2), np.float32), "dlib5"), 1.06, crop[:150, :150], crop, HOSTILE,
        computed=Computed.of(template),
    )  # fmt: skip
    found = Candidate(
        rank=1, subject_id=1, subject=HOSTILE, reference_id=1, source=HOSTILE, similarity=0.9, distance=0.4,
        decision="possible", fpir=0.05, box=Box(0, 0, 1, 1), same_source=None,
    )  # fmt: skip
    standing = Standing(1, 0.9)
    lead = RestoredCandidate(
        1, HOSTILE, 1, HOSTILE, standing, (standing, Standing(2, 0.7)), standing, "possible", 0.04, False,
        Agreement(2, 1, 1, True),
    )  # fmt: skip
    raised = replace(
        lead, subject_id=2, original=Standing(), decision=None, fpir=None, agreement=Agreement(2, 1, None, False)
    )
    entry = CandidateList((face,), (found,), 12, 34, ())
    beside = RestoredSearch(entry, None, (lead,), (raised,), (HOSTILE,))
    return candidate_report([entry], gallery=HOSTILE, crop=lambda _: encode(crop, "JPEG"), restored=[beside])


def demo(folder: Path) -> bytes:
    """Return the output of ``bareface demo`` on the portraits that come with dependencies."""
    result = CliRunner().invoke(app, ["demo", "--out", str(folder / "demo")])
    assert result.exit_code == 0, result.output
    return (folder / "demo" / "report.html").read_bytes()


Make = Callable[[Path], bytes]
PAGES: dict[Make, str] = {
    evaluation: "Limits of this sample",
    restoration: "Does restoring",
    candidates: "depends on the guess",
    demo: "Grace Hopper",
}


@pytest.mark.parametrize("make", PAGES, ids=lambda make: make.__name__)
def test_it_is_shown_styled_and_without_complaint(make: Make, tmp_path: Path) -> None:
    page, picture = tmp_path / "page.html", tmp_path / "page.png"
    page.write_bytes(make(tmp_path))
    shown = open_page(page, "--dump-dom")
    assert "CONSOLE" not in shown.stderr  # neither a script error nor a violation of the policy
    assert PAGES[make] in shown.stdout
    assert "<title>owned" not in shown.stdout
    open_page(page, f"--screenshot={picture}", "--window-size=900,900")
    assert tuple(decode(picture).pixels[-1, 0]) == GROUND


@pytest.mark.parametrize("make", [evaluation, restoration, candidates], ids=lambda make: make.__name__)
@pytest.mark.parametrize("guarded", [True, False])
def test_its_policy_stops_a_script_that_got_in(make: Make, tmp_path: Path, guarded: bool) -> None:
    page = tmp_path / "page.html"
    raw = make(tmp_path).decode("utf-8")
    spoilt = raw.replace("</main>", "<script>document.title = 'owned'</script></main>")
    assert spoilt != raw
    page.write_text(spoilt if guarded else spoilt.replace("Content-Security-Policy", "Nothing"), encoding="utf-8")
    shown = open_page(page, "--dump-dom")
    assert ("CONSOLE" in shown.stderr) == guarded
    assert ("<title>owned" in shown.stdout) != guarded
