"""The walk: what is enrolled from what the user named."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from bareface.imaging import decode as images
from bareface.imaging.folders import Skipped, absolute, entries
from bareface.services.gallery import Gallery
from bareface.values.words import passed_over
from tests.gallery.pictures import TileEngine, picture


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def found(root: Path, *sources: object, **options: object) -> list[tuple[str, str | None]]:
    return [(str(Path(e.name).relative_to(root)), e.subject) for e in entries(sources or root, **options)]


def test_folders_below_the_root_name_subjects(tmp_path):
    touch(*(tmp_path / name for name in ("b.jpg", "Ada/2.jpg", "Ada/10.jpg", "Ada/2019/x.jpg", "Bo/2019/x.jpg")))
    assert found(tmp_path) == [
        ("b.jpg", None),
        ("Ada/10.jpg", "Ada"),
        ("Ada/2.jpg", "Ada"),
        ("Ada/2019/x.jpg", "Ada/2019"),
        ("Bo/2019/x.jpg", "Bo/2019"),  # not the same person as Ada/2019
    ]


def test_a_file_given_itself_is_unnamed_and_always_tried(tmp_path):
    touch(tmp_path / "Ada" / "notes.txt")
    assert found(tmp_path, tmp_path / "Ada" / "notes.txt") == [("Ada/notes.txt", None)]


def test_a_subject_given_names_everything(tmp_path):
    touch(tmp_path / "a.jpg", tmp_path / "Ada" / "b.jpg")
    assert {subject for _, subject in found(tmp_path, tmp_path, subject="Eve")} == {"Eve"}


def test_only_photos_are_taken_from_a_folder(tmp_path):
    names = ("a.JPG", "b.heic", "c.avif", "noending", "notes.txt", "film.mp4", ".hidden.jpg", ".git/x.jpg")
    touch(*(tmp_path / name for name in names))
    assert [name for name, _ in found(tmp_path)] == ["a.JPG", "b.heic", "c.avif", "noending"]


def test_a_loop_of_links_ends(tmp_path):
    touch(tmp_path / "Ada" / "a.jpg")
    (tmp_path / "Ada" / "up").symlink_to(tmp_path)
    (tmp_path / "Ada" / "self").symlink_to(tmp_path / "Ada")
    (tmp_path / "round").symlink_to(tmp_path / "round")
    assert [name for name, _ in found(tmp_path)] == ["round", "Ada/a.jpg"]  # the second is read, and then missing


def test_a_linked_folder_has_its_own_name_not_the_links(tmp_path):
    touch(tmp_path / "photos" / "Zoe" / "a.jpg")
    (tmp_path / "photos" / "Ada").symlink_to(tmp_path / "photos" / "Zoe")
    assert found(tmp_path / "photos") == [("Zoe/a.jpg", "Zoe")]


def test_a_folder_linked_from_elsewhere_is_walked(tmp_path):
    touch(tmp_path / "archive" / "a.jpg")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "Ada").symlink_to(tmp_path / "archive")
    assert found(tmp_path / "photos") == [("Ada/a.jpg", "Ada")]


def test_a_pipe_is_not_read_but_said(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / ".hidden")
    skipped = Skipped()
    assert list(entries(tmp_path, skipped=skipped)) == []
    left_out = skipped.report()
    assert left_out.special == (str(tmp_path / "a.jpg"),)
    assert left_out.hidden == 1
    assert "left out 1 pipe, socket or device: a.jpg" in passed_over(left_out)


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    touch(tmp_path / "Ada" / "a.jpg", tmp_path / "Bo" / "b.jpg")
    real = os.scandir

    def scandir(path):  # a test run as root is refused nothing
        if str(path).endswith("Ada"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("bareface.imaging.folders.os.scandir", scandir)
    refused, read = entries(tmp_path)
    assert (refused.name, refused.error.code) == (str(tmp_path / "Ada"), "image.unreadable")
    assert read.subject == "Bo"


def test_a_folder_that_vanishes_is_named(tmp_path):
    touch(tmp_path / "Ada" / "a.jpg", tmp_path / "Bo" / "b.jpg")
    walk = entries(tmp_path)
    assert next(walk).subject == "Ada"
    (tmp_path / "Bo" / "b.jpg").unlink()
    (tmp_path / "Bo").rmdir()
    (gone,) = walk
    assert gone.error.code == "image.unreadable"


def test_names_are_the_same_on_every_file_system(tmp_path):
    touch(tmp_path / unicodedata.normalize("NFD", "Zoë") / "a.jpg")
    assert [subject for _, subject in found(tmp_path)] == [unicodedata.normalize("NFC", "Zoë")]


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode on Windows")
def test_names_that_are_not_unicode_can_be_stored_and_differ(tmp_path):
    for name in (b"M\xfcller", b"M\xf6ller"):
        touch(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)) / "a.jpg")
    subjects = {entry.subject for entry in entries(tmp_path)}
    assert len(subjects) == 2
    for subject in subjects:
        subject.encode("utf-8")


def test_a_very_deep_tree(tmp_path):
    deep = tmp_path.joinpath(*["d"] * 1200)
    os.makedirs(deep.parents[600])  # noqa: PTH103
    touch(deep.parents[600] / "a.jpg")
    assert len(found(tmp_path)) == 1


def test_bytes_and_arrays(tmp_path):
    made = list(entries([b"data", np.zeros((2, 2, 3), np.uint8)], "Ada"))
    assert [(entry.name, entry.subject) for entry in made] == [("<bytes>", "Ada"), ("<array>", "Ada")]


BINS = (
    *("@eaDir", "@eadir", "#recycle", "#Recycle", "#snapshot", "@Recycle", "@Recently-Snapshot", "~snapshot"),
    *("$RECYCLE.BIN", "$Recycle.Bin", "RECYCLER", "System Volume Information", "lost+found", "FOUND.000"),
    *(".Trash-1000", ".Trashes", "__MACOSX", ".thumbnails", ".picasaoriginals", ".@__thumb", "@__thumb"),
    *("Katalog Previews.lrdata", "Smart Previews.LRDATA", "Network Trash Folder", ".git", ".stversions"),
    *("Recycle Bin - Volume_1", "trashbox", "_NAS_Recycle_RAIDroot", "Backups.backupdb", "iPod Photo Cache"),
    *("appdata_oc1a2b3c", "files_trashbin", "files_versions", "Photos Library.photoslibrary", "Aperture.aplibrary"),
    *("iPhoto Library.migratedphotolibrary", "Arbeit.cocatalog", "Katalog.lrcat-data", "@SynoDrive"),
)


@pytest.mark.parametrize("name", BINS)
def test_bins_thumbnails_and_previews_are_nobody_and_said(tmp_path, name):
    touch(
        *(tmp_path / below / "x.jpg" for below in ("Ada", f"Ada/{name}", name, f"{name}/Ada", f"Ada/2019/{name}/a/b"))
    )
    skipped = Skipped()
    walked = [(entry.name, entry.subject) for entry in entries(tmp_path, skipped=skipped)]
    assert walked == [(str(tmp_path / "Ada" / "x.jpg"), "Ada")]
    left_out = skipped.report()
    assert set(left_out.folders) == {str(tmp_path / below / name) for below in ("", "Ada", "Ada/2019")}
    assert name in passed_over(left_out)[0]


@pytest.mark.parametrize("name", ["#recycle", "@eaDir", ".hidden", "$RECYCLE.BIN"])
def test_a_bin_that_is_named_itself_is_walked(tmp_path, name):
    touch(tmp_path / name / "a.jpg", tmp_path / name / "Ada" / "b.jpg", tmp_path / name / "Ada" / name / "c.jpg")
    assert found(tmp_path, tmp_path / name) == [(f"{name}/a.jpg", None), (f"{name}/Ada/b.jpg", "Ada")]
    assert found(tmp_path, tmp_path / name / "Ada") == [(f"{name}/Ada/b.jpg", None)]


def test_people_whose_names_only_resemble_bins_are_people(tmp_path):
    names = ("eaDir", "@ada", "#1", "recycle", "Lost", "lrdata", "Thumbnails", "MACOSX", "photoslibrary", "appdata")
    touch(*(tmp_path / name / "a.jpg" for name in names))
    assert {subject for _, subject in found(tmp_path)} == set(names)


def test_files_that_are_not_read_are_counted_by_suffix(tmp_path):
    names = ("1.CR2", "2.cr2", "3.cr3", "4.NEF", "5.dng", "6.jxl", "7.jp2", "8.psd", "9.svg", "a.pdf", "b.mp4", "c.xmp")
    touch(*(tmp_path / "Ada" / name for name in (*names, "a.jpg", "._a.jpg", ".DS_Store", f"d.{'x' * 100}")))
    skipped = Skipped()
    assert len(list(entries(tmp_path, skipped=skipped))) == 1
    left_out = skipped.report()
    assert left_out.files == {".cr2": 2, **{f".{e}": 1 for e in ("cr3", "nef", "dng", "jxl", "jp2", "psd", "svg", "pdf",
                                                                "mp4", "xmp")}, "others": 1}  # fmt: skip
    assert next(iter(left_out.files)) == ".cr2"
    assert left_out.hidden == 2
    assert passed_over(left_out)[0].startswith("left out 2 .cr2, 1 ")
    assert passed_over(left_out)[0].endswith("bareface reads JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF and HEIC")


def test_patterns_leave_out_by_name_and_by_path(tmp_path):
    touch(
        *(
            tmp_path / name
            for name in ("Ada/1.jpg", "Ada/edited-1.jpg", "Ada/old/2.jpg", "Bo/old/3.jpg", "Zo\u00eb/4.jpg")
        )
    )

    def left(*patterns):
        skipped = Skipped()
        names = [Path(e.name).name for e in entries(tmp_path, exclude=patterns, skipped=skipped)]
        return names, len(skipped.folders), skipped.excluded

    assert left() == (["1.jpg", "edited-1.jpg", "2.jpg", "3.jpg", "4.jpg"], 0, 0)
    assert left("edited-*") == (["1.jpg", "2.jpg", "3.jpg", "4.jpg"], 0, 1)
    assert left("old") == (["1.jpg", "edited-1.jpg", "4.jpg"], 2, 0)
    assert left("Ada/old/", "Zoe\u0308") == (["1.jpg", "edited-1.jpg", "3.jpg"], 2, 0)
    assert left("Ada/*", "[") == (["3.jpg", "4.jpg"], 1, 2)
    assert left("*") == ([], 3, 0)
    assert left(f"{tmp_path}/Ada/", "./Bo") == (["4.jpg"], 2, 0)
    assert left(f"{tmp_path}/*/old") == left("old")


def test_a_pattern_that_matches_nothing_is_named(tmp_path):
    touch(tmp_path / "Ada" / "1.jpg", tmp_path / "Bo" / "2.jpg")
    skipped = Skipped()
    patterns = ("Bo", f"{tmp_path.name}/Ada", "/Ada")
    assert len(list(entries([tmp_path, tmp_path / "Ada"], exclude=patterns, skipped=skipped))) == 2
    assert skipped.report().unmatched == patterns[1:]
    assert "nothing to leave out matches" in passed_over(skipped.report())[-1]


def test_two_dots_lead_where_the_system_says(tmp_path, monkeypatch):
    touch(tmp_path / "elsewhere" / "people" / "Ada" / "a.jpg", tmp_path / "here" / "Bo" / "b.jpg")
    (tmp_path / "here" / "link").symlink_to(tmp_path / "elsewhere" / "people")
    monkeypatch.chdir(tmp_path / "here" / "Bo")
    assert absolute("..") == str(tmp_path / "here")
    assert absolute("../Bo/../.") == str(tmp_path / "here")
    assert absolute("../link/..") == str(tmp_path / "elsewhere")  # not tmp_path / "here"
    assert absolute("../link") == str(tmp_path / "here" / "link")  # the user's own name for it
    for source in ("..", "../", "../Bo/../", "../../here/./"):
        assert ("Bo/b.jpg", "Bo") in [(str(Path(e.name).relative_to(tmp_path / "here")), e.subject)
                                      for e in entries(source)]  # fmt: skip


def test_a_path_that_no_file_system_takes_is_an_entry_of_its_own(tmp_path):
    for source in ("x" * 5000, "a\0b"):
        (entry,) = entries(source)
        assert entry.subject is None


@pytest.mark.parametrize("linked", [False, True])
def test_a_gallery_in_its_folder_of_photos_is_no_photo(tmp_path, linked):
    """Its name has no suffix, as photos may have none."""
    images.write(tmp_path / "a.png", picture((230, 60, 60)))
    (tmp_path / "real").mkdir()
    if linked:
        (tmp_path / "g").symlink_to(tmp_path / "real" / "people")
    for added in ("b.png", "c.png"):
        with Gallery.open(tmp_path / "g", TileEngine()) as opened:
            report = opened.enrol(tmp_path)
            assert not report.count("failed")
            assert report.count("enrolled") == 1
        images.write(tmp_path / added, picture((60, 60, 230), tick=ord(added[0])))
    with Gallery.open(tmp_path / "g", TileEngine()) as opened:
        assert opened.enrol(tmp_path / "g").count("failed") == 1  # named by itself, it is looked at
