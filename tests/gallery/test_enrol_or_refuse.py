"""The decision on a photo: what is enrolled and for whom, and why something is refused. No database, no engine."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bareface.errors import ImageError, TemplateError, UsageError
from bareface.gallery.enrol_or_refuse import Enrolment, Known, Rules, SeenFace, SeenPhoto, decide, enrolled
from bareface.gallery.subjects import Meaning
from bareface.values.correction import Correction, Target
from bareface.values.enrolment import EnrolOutcome
from bareface.values.face import Box
from bareface.values.quality import Measures, Quality

ADA, BO = Target("a" * 32, "Ada"), Target("b" * 32, "Bo")
NOBODY = Target("c" * 32, None)
FIRST, SECOND, THIRD = (Box(100.0 * place, 0, 100.0 * place + size, size) for place, size in enumerate((40, 60, 50)))
FACES = tuple(map(SeenFace, (FIRST, SECOND, THIRD)))
RESTORED = SeenFace(Box(900, 0, 940, 40), restored=True)
CROWD = tuple(SeenFace(Box(100.0 * place, 100, 100.0 * place + 40, 140)) for place in range(8))
ADAS = Meaning(1, ADA)
BAD = TemplateError("template.value", "not finite.")
UNREADABLE = ImageError("image.missing", "no such file.")
TWO_ADAS = UsageError("usage.ambiguous-subject", "two of them.")


def photo(*faces: SeenFace, subject: str | None = None, **more: Any) -> SeenPhoto:
    return SeenPhoto("a.jpg", subject, "0" * 64, faces, **more)


def corrected(*pairs: tuple[Box, Target | None]) -> Known:
    return Known(corrections=tuple(Correction(*pair) for pair in pairs))


@pytest.mark.parametrize(
    ("seen", "known", "rules", "status", "code"),
    [
        (SeenPhoto("a.jpg", None, error=UNREADABLE), Known(), Rules(), "failed", "image.missing"),
        (photo(), Known(), Rules(), "no face", None),
        (photo(FACES[0]), Known(owners={ADA.key: "Ada"}), Rules(), "already enrolled", None),
        (photo(RESTORED), Known(), Rules(), "refused", "face.restored"),
        (photo(*FACES, RESTORED), Known(), Rules(), "refused", "face.restored"),
        (photo(*CROWD, RESTORED), Known(), Rules(face=8), "refused", "face.restored"),
        (photo(*CROWD, RESTORED, RESTORED, RESTORED), Known(), Rules(), "refused", "face.restored"),
        (photo(FACES[0]), Known(), Rules(face=1), "failed", "usage.face"),
        (photo(FACES[0]), Known(), Rules(face=-1), "failed", "usage.face"),
        (photo(SeenFace(FIRST, fault=BAD)), Known(), Rules(), "failed", "template.value"),
        (photo(*FACES, subject="Ada"), Known(meaning=ADAS), Rules(), "ambiguous", None),
        (photo(FACES[0]), corrected((FIRST, None)), Rules(), "rejected", None),
        (photo(SeenFace(FIRST, visible=0.1)), Known(), Rules(), "failed", "face.hidden"),
        (photo(FACES[0], subject="Ada"), Known(ambiguous=TWO_ADAS), Rules(), "failed", "usage.ambiguous-subject"),
        (photo(RESTORED), Known(owners={ADA.key: "Ada"}), Rules(), "already enrolled", None),
    ],
)  # fmt: skip
def test_refusals(seen: SeenPhoto, known: Known, rules: Rules, status: str, code: str | None) -> None:
    decision = decide(seen, known, rules)
    assert isinstance(decision, EnrolOutcome)
    assert (decision.status, decision.code, decision.references) == (status, code, 0)


@pytest.mark.parametrize(
    ("seen", "known", "rules", "faces", "owners"),
    [
        (photo(FACES[0]), Known(), Rules(), (0,), (None,)),
        (photo(*FACES), Known(), Rules(), (0, 1, 2), (None, None, None)),
        (photo(RESTORED, *CROWD), Known(), Rules(), tuple(range(1, 9)), (None,) * 8),
        (photo(*CROWD, RESTORED), Known(), Rules(face=3), (3,), (None,)),
        (photo(FACES[0], subject="Ada"), Known(), Rules(), (0,), ("Ada",)),
        (photo(*FACES, subject="Ada"), Known(meaning=ADAS), Rules(largest=True), (1,), ("Ada",)),
        (photo(*FACES, subject="Ada"), Known(), Rules(face=2), (2,), ("Ada",)),
        (photo(*FACES), corrected((SECOND, None)), Rules(), (0, 2), (None, None)),
        (photo(*FACES), corrected((SECOND, BO)), Rules(), (0, 1, 2), (None, BO, None)),
        # Of faces that corrections leave over, one can be the named person's without a question.
        (photo(*FACES, subject="Ada"), corrected((SECOND, BO), (THIRD, ADA)), Rules(), (0, 1, 2), ("Ada", BO, ADA)),
        (photo(*FACES, subject="Ada"), corrected((SECOND, BO)), Rules(largest=True), (1, 2), (BO, "Ada")),
        (photo(*FACES, subject="Ada"), corrected((SECOND, None), (THIRD, None)), Rules(), (0,), ("Ada",)),
        (photo(SeenFace(FIRST, visible=0.1), FACES[1]), Known(), Rules(), (1,), (None,)),
        (photo(SeenFace(FIRST, visible=0.1)), Known(), Rules(min_visible=0), (0,), (None,)),
        (photo(SeenFace(FIRST, fault=BAD), FACES[1]), corrected((FIRST, None)), Rules(), (1,), (None,)),
        (photo(FACES[0]), Known(ambiguous=None), Rules(), (0,), (None,)),
    ],
)  # fmt: skip
def test_what_is_enrolled_and_for_whom(
    seen: SeenPhoto, known: Known, rules: Rules, faces: tuple[int, ...], owners: tuple[Any, ...]
) -> None:
    decision = decide(seen, known, rules)
    assert isinstance(decision, Enrolment)
    assert (decision.faces, decision.owners) == (faces, owners)


def test_a_poor_photo_is_enrolled_with_a_warning() -> None:
    poor = Quality(20, 20, 99, 99, 99, 99, None, None, Measures(0, 0, 0, 0, 0, 0, 0, 0, 0))
    decision = decide(photo(SeenFace(FIRST, quality=poor), FACES[1]), Known(), Rules())
    assert isinstance(decision, Enrolment)
    assert decision.notes[0].startswith("poor quality of 1 of 2 faces, at worst 20 of 100")


@pytest.mark.parametrize(
    ("meaning", "owner", "message", "subject"),
    [
        (None, "Ada", None, "Ada"),
        (ADAS, "Ada", None, "Ada"),
        (Meaning(2, BO, alias=True), "Ada", "'Ada' means 'Bo' (#7)", "Bo"),
        (ADAS, BO, "'Ada' is given, but a correction made by hand says 'Bo' (#7)", "Bo"),
        (ADAS, NOBODY, "'Ada' is given, but a correction made by hand says subject #7", None),
        (Meaning(2, BO, alias=True), BO, "'Ada' means 'Bo' (#7)", "Bo"),
    ],
)
def test_the_outcome_says_where_another_name_stands(
    meaning: Meaning | None, owner: Any, message: str | None, subject: str | None
) -> None:
    seen = photo(FACES[0], subject="Ada")
    outcome = enrolled(seen, Known(meaning=meaning), Enrolment((0,), (owner,)), [7])
    assert (outcome.status, outcome.message, outcome.subject) == ("enrolled", message, subject)


# Whatever is seen and known

boxes = st.builds(
    lambda x, y, side: Box(x, y, x + side, y + side), st.integers(0, 90), st.integers(0, 90), st.integers(20, 60)
)
faces = st.builds(SeenFace, boxes, st.none() | st.floats(0, 1), st.none(), st.none() | st.just(BAD), st.booleans())
targets = st.sampled_from([ADA, BO, NOBODY])
meanings = st.builds(Meaning, st.none() | st.integers(1, 9), targets, st.booleans())
photos = st.builds(
    SeenPhoto,
    st.just("a.jpg"),
    st.none() | st.sampled_from(["Ada", "Bo", "Cy"]),
    st.just("0" * 64),
    st.lists(faces, max_size=5).map(tuple),
    st.just(()),
    st.none() | st.just(40.0),
    st.none(),
)
knowledge = st.builds(
    Known,
    st.dictionaries(st.sampled_from([ADA.key, BO.key]), st.none() | st.just("Ada"), max_size=1),
    st.lists(st.builds(Correction, boxes, st.none() | targets), max_size=4).map(tuple),
    st.none() | meanings,
    st.none(),
)
rules = st.builds(Rules, st.none(), st.booleans(), st.none() | st.integers(-1, 5), st.booleans(), st.floats(0, 1))


@given(photos, knowledge, rules)
def test_every_decision_is_sound(seen: SeenPhoto, known: Known, how: Rules) -> None:
    before = repr((seen, known))
    decision = decide(seen, known, how)
    assert repr((seen, known)) == before, "deciding changes nothing"
    assert decide(seen, known, how) == decision
    if isinstance(decision, EnrolOutcome):
        assert decision.status != "enrolled"
        assert (decision.status in ("failed", "refused")) == (decision.code is not None)
        return
    assert decision.faces
    assert len(decision.faces) == len(set(decision.faces)) == len(decision.owners)
    assert not known.owners
    assert sum(face.restored for face in seen.faces) * 4 < len(seen.faces)
    by_name = 0
    for place, owner in zip(decision.faces, decision.owners, strict=True):
        face = seen.faces[place]
        assert face.fault is None
        assert not face.restored
        assert face.visible is None or face.visible >= how.min_visible
        concerning = [one for one in known.corrections if one.concerns(face.box)]
        assert all(one.target is not None for one in concerning), "a rejected face is never enrolled"
        if concerning:
            assert owner == concerning[0].target, "a correction decides before any name"
        else:
            assert owner == seen.subject
            by_name += seen.subject is not None
    assert by_name <= 1, "one photo shows a named person once"
    assert how.face is None or decision.faces == (how.face,)


@given(photos, knowledge, rules)
def test_more_rejections_never_enrol_more(seen: SeenPhoto, known: Known, how: Rules) -> None:
    def unnamed(these: tuple[Correction, ...]) -> set[int]:
        anybody = SeenPhoto(seen.source, None, seen.sha256, seen.faces)
        decision = decide(anybody, Known(corrections=these), Rules(min_visible=how.min_visible))
        return set(decision.faces) if isinstance(decision, Enrolment) else set()

    sound = tuple(SeenFace(face.box, face.visible) for face in seen.faces)
    seen = SeenPhoto(seen.source, None, seen.sha256, sound)
    fewer = known.corrections[:-1]
    more = (*fewer, *(Correction(one.box, None) for one in known.corrections[-1:]))
    assert unnamed(more) <= unnamed(fewer)
