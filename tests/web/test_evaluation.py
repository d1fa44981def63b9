"""Evaluation and groups, on pages and for programs."""

from __future__ import annotations

from bareface.reports.shipped import shipped
from bareface.web.pages.render import Words
from tests.web.support import Served


def test_the_page_says_how_to_measure_and_shows_what_was_measured(served: Served) -> None:
    served.sign_in()
    page = served.client.get("/evaluation").text
    assert "Nothing is measured yet" in page
    assert "report.html" not in page
    served.service.gallery.evaluate()
    page = served.client.get("/evaluation").text
    assert "3 named people, 6 faces; 3 people have several photos." in page
    assert "Equal error rate" in page
    assert "too few to say" in page
    assert "/evaluation/report.html" in page
    report = served.client.get("/evaluation/report.html")
    assert 'attachment; filename="evaluation.html"' in report.headers["content-disposition"]
    found = served.call("GET", "/evaluation")["evaluation"]
    assert (found["subjects"], found["figures"][0]["kind"]) == (3, "eer")


def test_a_job_evaluates(served: Served) -> None:
    job = served.call("POST", "/jobs", 201, json={"kind": "evaluation"})
    while served.service.jobs.work(lambda: False):
        pass
    assert served.service.jobs.get(job["id"]).counts == {"subjects": 3, "references": 6}
    assert served.call("GET", "/evaluation")["evaluation"]["references"] == 6


def test_groups_show_the_shipped_figures_and_say_what_they_are_not_about(served: Served) -> None:
    served.sign_in()
    page = served.client.get("/groups").text
    for one in shipped().groups:
        assert f'<th scope="row">{one.people}</th>' in page
    assert "templates are of dlib-resnet: these figures say nothing about it" in page
    assert "Nothing is measured yet" in page
    served.service.gallery.evaluate()
    assert "The promise is checked from 20 named people on" in served.client.get("/groups").text


def test_labels_that_cannot_be_used_are_said(served: Served) -> None:
    form = served.sign_in()
    files = {"labels": ("l.csv", b"subject,age\nnobody,old\n", "text/csv")}
    page = served.client.post("/groups", data={"_form": form}, files=files)
    assert "no label belongs to anybody" in page.text
    refused = served.call("POST", "/evaluation/evenness", 422, files=files)
    assert refused["code"] == "evaluation.labels"


def test_rates_have_two_digits() -> None:
    words = Words("en")
    shown = [words.rate(value) for value in (0.1, 0.0534, 0.00123, 1e-5, 0, 1, None)]
    assert shown == ["10.0 %", "5.3 %", "0.12 %", "0.0010 %", "0.0 %", "100.0 %", "–"]
