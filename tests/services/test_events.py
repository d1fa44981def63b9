"""Every service leaves exactly one audit event for each call, whichever way it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bareface.audit.memory import MemoryAuditLog
from bareface.errors import BarefaceError
from bareface.services.demo import demonstrate
from bareface.services.engine import Engine
from bareface.services.evaluation import Evaluation
from bareface.services.evaluation_restoration import Plan, RestorationEvaluation
from bareface.services.faces import Faces
from bareface.services.models import Models
from bareface.services.recorded import Recorder
from bareface.values.context import Context
from tests.portraits import astronaut

WHO = Context("ada", purpose="audit", case="7")
PLAN = Plan(0, 0, 0.95)

Call = Callable[[MemoryAuditLog, Path], Any]


def no_engine() -> Any:
    raise BarefaceError("model.missing", "this test has no engine.")


CALLS: dict[str, Call] = {
    "Faces.find": lambda log, folder: Faces(audit=log).find([astronaut()], context=WHO),
    "Faces.compare": lambda log, folder: Faces(no_engine, audit=log).compare(folder / "a", folder / "b", context=WHO),
    "Faces.unmask": lambda log, folder: Faces(no_engine, audit=log).unmask(folder / "a", folder, context=WHO),
    "Faces.enhance": lambda log, folder: Faces(no_engine, audit=log).enhance(folder / "a", folder, context=WHO),
    "Models.list": lambda log, folder: Models(log).list(context=WHO),
    "Models.show": lambda log, folder: Models(log).show("nosuch", context=WHO),
    "Models.terms": lambda log, folder: Models(log).terms("yunet", context=WHO),
    "Models.add": lambda log, folder: Models(log).add("yunet", folder / "nosuch.onnx", context=WHO),
    "Models.fit": lambda log, folder: Models(log).fit("nosuch", folder, context=WHO),
    "Models.remove": lambda log, folder: Models(log).remove("nosuch", context=WHO),
    "Evaluation.run": lambda log, folder: Evaluation(no_engine, log).run(folder, folder / "s.csv", context=WHO),
    "Evaluation.measure": lambda log, folder: Evaluation(None, log).measure([folder / "s.csv"], PLAN, context=WHO),
    "Evaluation.plot": lambda log, folder: Evaluation(None, log).plot([folder / "s.csv"], folder, PLAN, context=WHO),
    "Evaluation.report": lambda log, folder: Evaluation(None, log).report(
        [folder / "s.csv"], folder / "r.html", PLAN, context=WHO
    ),
    "Evaluation.import_scores": lambda log, folder: Evaluation(None, log).import_scores(
        folder / "a.txt", folder / "s.csv", context=WHO
    ),
    "Evaluation.export_scores": lambda log, folder: Evaluation(None, log).export_scores(
        folder / "s.csv", folder / "a.txt", context=WHO
    ),
    "RestorationEvaluation.measure": lambda log, folder: RestorationEvaluation(no_engine, audit=log).measure(
        folder, PLAN, only=["nosuch"], context=WHO
    ),
    "Demo.demonstrate": lambda log, folder: demonstrate(folder / ("a" * 300), Engine(), context=WHO, audit=log),
}


def test_every_service_method_is_called_below() -> None:
    services = (Faces, Models, Evaluation, RestorationEvaluation)
    methods = {f"{one.__name__}.{name}" for one in services for name in vars(one) if not name.startswith("_")}
    assert methods | {"Demo.demonstrate"} == set(CALLS)


@pytest.mark.parametrize("action", CALLS)
def test_a_call_leaves_one_event(action: str, tmp_path: Path) -> None:
    log = MemoryAuditLog()
    try:
        CALLS[action](log, tmp_path)
        outcome = "done"
    except BarefaceError as error:
        outcome = error.code
    (event,) = log.events
    assert (event.action, event.outcome) == (action, outcome)
    assert (event.actor, event.purpose, event.case) == ("ada", "audit", "7")
    assert str(tmp_path) not in str(event)
    assert event.subjects == event.references == ()


def test_numbers_too_small_for_a_float_end_no_call_of_a_program_that_sets_numpy_to_raise() -> None:
    with np.errstate(all="raise"):
        with Recorder().call("Faces.find", WHO):
            assert np.float32(1e-30) * np.float32(1e-30) == 0
        with pytest.raises(FloatingPointError):  # its own setting holds again
            np.float32(1e-30) * np.float32(1e-30)


def test_a_search_for_faces_counts_them() -> None:
    log = MemoryAuditLog()
    (seen,) = Faces(audit=log).find([astronaut()])
    (event,) = log.events
    assert event.counts == {"photos": 1, "faces": len(seen.faces)} == {"photos": 1, "faces": 1}
