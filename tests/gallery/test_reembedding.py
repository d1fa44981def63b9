"""Re-embedding changes a gallery's space all at once, and can be interrupted."""

from __future__ import annotations

import pytest

from bareface.errors import TemplateError, UsageError
from bareface.services.gallery import Gallery
from bareface.values.face import EVERYTHING, Template
from tests.gallery.pictures import TileEngine, people, picture, save, vector_of

RED, GREEN = (230, 60, 60), (60, 230, 60)


class NewEngine(TileEngine):
    """Another space, of another dimension."""

    def __init__(self) -> None:
        super().__init__(space="tiles-2", model="tiler-2")

    def _embed(self, faces):
        return [
            Template(vector_of(face.chip.reshape(-1, 3).mean(axis=0), 24), self.model, self.space, "float32")
            for face in faces
        ]


@pytest.fixture
def path(tmp_path):
    people(tmp_path / "photos", 6)
    save(tmp_path / "photos" / "group.png", RED, GREEN)
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        opened.enrol(tmp_path / "photos")
        opened.search(picture(RED))
    return tmp_path / "g"


def test_every_reference_gets_a_template_of_the_new_space(path):
    calls = []
    with Gallery.open(path, NewEngine()) as opened:
        before = opened.references()
        report = opened.reembed(progress=lambda *call: calls.append(call))
        assert (report.references, report.unresolved, report.switched) == (14, (), True)
        assert calls[-1] == (14, 14)
        info = opened.info()
        assert (info.space, info.dimension) == ("tiles-2", 24)
        assert [made.model for made in info.templates] == ["tiler-2"]
        assert [(one.id, one.box) for one in opened.references()] == [(one.id, one.box) for one in before]
        candidate = opened.search(picture(RED)).lists[0].candidates[0]
        assert candidate.similarity == pytest.approx(1)
        assert opened.check().ok
    with Gallery.open(path, TileEngine()) as opened, pytest.raises(TemplateError, match="reembed"):
        opened.search(picture(RED))


def test_an_open_gallery_follows_the_switch(path):
    with Gallery.open(path, NewEngine()) as one, Gallery.open(path, NewEngine()) as other:
        one.reembed()
        assert other.search(picture(GREEN)).lists[0].candidates[0].similarity == pytest.approx(1)


def test_what_cannot_be_embedded_again_keeps_the_old_space(path, tmp_path):
    (tmp_path / "photos" / "p0" / "0.png").unlink()
    (tmp_path / "photos" / "p1" / "0.png").write_bytes(b"another")
    with Gallery.open(path, NewEngine()) as opened:
        report = opened.reembed()
        assert not report.switched
        assert report.references == 12
        assert {(one.source.split("photos/")[1], one.code) for one in report.unresolved} == {
            ("p0/0.png", "image.missing"),
            ("p1/0.png", "gallery.photo-changed"),
        }
        assert opened.info().space == "tiles"
        analysed = len(opened.engine.analysed)
        opened.delete(reference=[one.reference_id for one in report.unresolved])
        assert opened.reembed().switched
        assert len(opened.engine.analysed) == analysed  # the others waited
        assert opened.info().space == "tiles-2"
    with Gallery.open(path, NewEngine()) as opened:
        assert len(opened.search(picture(RED)).lists[0].candidates) == 8


def test_a_face_that_is_not_found_again_is_named(path):
    class Blind(NewEngine):
        def _faces(self, photo):
            return (face for face in super()._faces(photo) if face.box.x1 == 0)

    with Gallery.open(path, Blind()) as opened:
        (lost,) = opened.reembed().unresolved
        assert lost.code == "gallery.face-lost"
        assert lost.source.endswith("group.png")


def test_an_interrupted_run_goes_on_where_it_stopped(path):
    class Failing(NewEngine):
        def stream(self, sources, batch=32, want=EVERYTHING):
            for number, analysis in enumerate(super().stream(sources, batch, want)):
                if number == 9:
                    raise KeyboardInterrupt
                yield analysis

    failing = Failing()
    with pytest.raises(KeyboardInterrupt), Gallery.open(path, failing) as opened:
        opened.reembed(batch=2)
    with Gallery.open(path, NewEngine()) as opened:
        assert opened.info().space == "tiles"
        assert opened.reembed().switched
        assert len(opened.engine.analysed) == 13 - 8
        assert opened.check().ok


def test_another_model_of_the_same_space_takes_over_where_it_can(path, tmp_path):
    (tmp_path / "photos" / "p0" / "0.png").unlink()
    with Gallery.open(path, TileEngine(model="tiler-b")) as opened:
        report = opened.reembed()
        assert report.switched
        assert len(report.unresolved) == 1
        assert [(made.model, made.references) for made in opened.info().templates] == [("tiler", 1), ("tiler-b", 13)]


def test_an_abandoned_run_leaves_nothing_to_another_model(path, tmp_path):
    missing = tmp_path / "photos" / "p0" / "0.png"
    data = missing.read_bytes()
    missing.unlink()
    with Gallery.open(path, NewEngine()) as opened:
        assert not opened.reembed().switched
    missing.write_bytes(data)
    with Gallery.open(path, TileEngine(space="tiles-3", model="tiler-3")) as opened:
        assert opened.reembed().switched
        assert [made.model for made in opened.info().templates] == ["tiler-3"]
        assert opened.check().ok


def test_nothing_to_do(path):
    with Gallery.open(path, TileEngine()) as opened:
        report = opened.reembed()
        assert (report.references, report.unresolved, report.switched) == (14, (), True)
        assert opened.engine.analysed == []


def test_an_emptied_gallery_takes_another_space(path, tmp_path):
    with Gallery.open(path, NewEngine()) as opened:
        opened.delete(reference=[one.id for one in opened.references()])
        assert opened.info().space is None
        assert opened.enrol(tmp_path / "photos").references == 14
        assert opened.info().space == "tiles-2"


ENGINES = {"tiles": TileEngine, "tiles-2": NewEngine}


@pytest.fixture
def chosen(monkeypatch):
    """Let the engine of a gallery be chosen by its space; returns the names that were asked for."""
    asked = []

    def choose(name):
        asked.append(name)
        return ENGINES[name]()

    monkeypatch.setattr("bareface.services.opened.embedder_of", lambda space, makers: space or "tiles")
    choose.asked = asked
    return choose


def test_a_gallery_that_chooses_its_engine_follows_what_another_program_makes_of_it(path, tmp_path, chosen):
    with Gallery.open(path, chosen) as opened:
        assert opened.search(picture(RED)).lists[0].candidates
        engine = opened.engine
        opened.delete(reference=opened.references()[0].id)
        assert opened.engine is engine
        with Gallery.open(path, NewEngine()) as other:
            other.reembed()
        assert opened.search(picture(RED)).lists[0].candidates
        save(tmp_path / "more.png", GREEN)
        assert opened.enrol(tmp_path / "more.png").outcomes[0].status == "enrolled"
    assert chosen.asked == ["tiles", "tiles-2"]


def test_a_new_gallery_takes_the_engine_of_what_comes_first(tmp_path, chosen):
    with Gallery.open(tmp_path / "new", chosen) as opened:
        opened.enrol(picture((0, 0, 0)))  # nobody is there
        save(tmp_path / "one.png", RED)
        with Gallery.open(tmp_path / "new", NewEngine()) as other:
            other.enrol(tmp_path / "one.png")
        assert opened.search(picture(RED)).lists[0].candidates
        assert opened.engine.space == "tiles-2"


def test_a_report_of_something_else_than_answers_is_refused(path, tmp_path):
    with Gallery.open(path, TileEngine()) as opened:
        found = opened.search(picture(RED))
        for answers in (found, [found], None):
            with pytest.raises(UsageError, match="SearchAnswer"):
                opened.write_report(tmp_path / "page.html", answers)


def test_what_makes_an_engine_must_make_one(path):
    with Gallery.open(path, lambda name: name) as opened, pytest.raises(UsageError, match="engine"):
        opened.search(picture(RED))


class Moving(TileEngine):
    """While it embeds a probe, another program moves the gallery to a space of equally long templates."""

    path = None

    def stream(self, sources, batch=32, want=EVERYTHING):
        yield from super().stream(sources, batch, want)
        if self.path is not None:
            with Gallery.open(self.path, TileEngine(space="tiles-3")) as other:
                other.reembed()


def test_a_search_never_compares_templates_of_two_spaces(path):
    engine = Moving()
    with Gallery.open(path, engine) as opened:
        engine.path = path
        with pytest.raises(TemplateError, match="tiles-3"):
            opened.search(picture(RED))
