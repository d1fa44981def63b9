"""Shared fixtures: the real photos, without which tests that need them skip."""

from __future__ import annotations

import functools
import gc
import os
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import typer.main
import typer.testing
from hypothesis import settings as hypothesis_settings

# Several processes test at once, and OpenBLAS's threads spin while they wait for each other: with one thread, tests of
# calibration and of unmasking took less than half the processor time. Read when NumPy is loaded, here and in the
# processes that tests start.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from bareface import settings
from bareface.models.sessions import sums_8_bit_products_exactly

# What this user restored is none of the tests' business.
_OWN = tempfile.TemporaryDirectory(prefix="bareface-tests-")
_NUMBERS = count()
os.environ["BAREFACE_RESTORATIONS"] = os.path.join(_OWN.name, "restorations.sqlite")  # noqa: PTH118


@pytest.fixture(scope="module", autouse=True)
def _record_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Isolate the restorations of a module's fixtures, which must not be refused in another module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAREFACE_RESTORATIONS", str(tmp_path_factory.mktemp("records") / "restorations.sqlite"))
        yield


@pytest.fixture(autouse=True)
def _own_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Isolate the restorations of one test, which must not be refused in another."""
    monkeypatch.setenv("BAREFACE_RESTORATIONS", str(Path(_OWN.name) / f"{next(_NUMBERS)}" / "restorations.sqlite"))


@pytest.fixture(scope="session", autouse=True)
def _migrated_once() -> Iterator[None]:
    """Run the migrations of an empty gallery once a process, and repeat what they made: they are most of its cost."""
    from alembic import command

    upgrade = command.upgrade
    made: list[str] = []

    def repeated(config: Any, revision: str, **options: Any) -> None:
        connection = config.attributes["connection"]
        raw = connection.connection.dbapi_connection
        if revision != "head" or raw.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
            upgrade(config, revision, **options)
        elif made:
            for statement in made:
                raw.execute(statement)
        else:
            upgrade(config, revision, **options)
            made.extend(list(raw.iterdump())[1:-1])  # without BEGIN and COMMIT

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "upgrade", repeated)
        yield


@pytest.fixture(scope="session", autouse=True)
def _command_line_built_once() -> Iterator[None]:
    """Build the commands once a process, as a run of `bareface` does: Typer's test runner builds them in each call."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.testing, "_get_command", functools.cache(typer.main.get_command))
        yield


@pytest.fixture(scope="module")
def tried_here() -> Iterator[None]:
    """Try models in this process: one of its own takes longer than most of what is tested with an added model."""
    from bareface.faces.trial_run import examine
    from bareface.imaging.decode import decode
    from bareface.imaging.portraits import portraits
    from bareface.models import trial

    photos = [decode(person.photos[0]).pixels for person in portraits()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "try_out", lambda card, path, source=None: examine(card, path, photos))
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-vnni", action="store_true", help="run as on a CPU without VNNI: int8 is refused")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--no-vnni"):
        os.environ["BAREFACE_NO_VNNI"] = "1"  # processes that tests start have it hidden, too


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what was collected and imported out of every later search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_report_header(config: pytest.Config) -> str:
    path = "taken" if sums_8_bit_products_exactly() else "refused"
    hidden = " (VNNI is hidden)" if settings.current().no_vnni else ""
    return f"int8 on this CPU: {path}{hidden}"


# The fast tests try an eighth of the examples, the slow set all (`--hypothesis-profile thorough`; `tests.examples`).
# Everywhere but in CI, which must say the same of the same commit, hypothesis looks for new counterexamples.
for _name, _examples in (("fast", 12), ("thorough", 100)):
    hypothesis_settings.register_profile(
        _name, max_examples=_examples, derandomize=bool(os.environ.get("CI")), deadline=None
    )
hypothesis_settings.load_profile("fast")


def _shared_data() -> Path:
    return settings.current().photos


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of real photos; skip the test if it is absent."""
    folder = _shared_data()
    if not folder.is_dir():
        pytest.skip(f"needs the real photos: {folder} is absent (set BAREFACE_DATA)")
    return folder


@pytest.fixture(scope="session")
def shared_models(shared_data: Path) -> Path:
    """Return third-party models used as comparators."""
    folder = shared_data.parent / "models"
    if not folder.is_dir():
        pytest.skip(f"needs the comparator models: {folder} is absent")
    return folder
