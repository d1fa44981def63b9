"""Enhanced faces in comparisons: labelled, aligned with the photo's, recorded, noted in reviews, never enrolled."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageFilter
from starlette.testclient import TestClient

from bareface.imaging.decode import decode, labels
from bareface.services.access import Access
from bareface.services.cases import Cases
from bareface.services.engine import Engine
from bareface.services.faces import Faces
from bareface.services.gallery import Gallery
from bareface.services.jobs import Jobs
from bareface.services.models import Models
from bareface.values.context import Context
from bareface.web.app import make_app
from bareface.web.state import Service
from tests.portraits import astronaut
from tests.web.support import Served

pytestmark = pytest.mark.slow


def blurred() -> bytes:
    file = BytesIO()
    Image.open(astronaut()).convert("RGB").filter(ImageFilter.GaussianBlur(4)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Serve a gallery with one person, whose photo is out of focus."""
    folder = tmp_path_factory.mktemp("enhanced")
    (folder / "a.png").write_bytes(blurred())
    engine = Engine(threads=1)
    with Gallery.open(folder / "people.bareface", engine) as gallery:
        gallery.enrol(folder / "a.png", "Eileen Collins")
        access, token = Access.open(gallery.path)
        assert token is not None
        service = Service(gallery, Faces(engine), Models(), Cases(gallery), access, jobs=Jobs(gallery))
        with TestClient(make_app(service), base_url="http://localhost") as client:
            yield Served(client, service, token, [], folder)


def test_an_enhanced_face_is_labelled_and_lies_on_that_of_the_photo(real: Served) -> None:
    real.sign_in()
    aligned = decode(real.client.get("/references/1/aligned.jpg").content).pixels
    content = real.client.get("/references/1/enhanced.png").content
    assert labels(content).comment
    enhanced = decode(content).pixels
    assert enhanced.shape == aligned.shape == (480, 480, 3)
    difference = np.abs(enhanced.astype(float) - aligned)
    assert difference[:60].mean() < 6  # around the face, the photo as it is, but for the JPEG
    assert 1 < difference[80:400, 80:400].mean() < 40
    shifted = np.abs(np.roll(enhanced, 12, axis=1).astype(float) - aligned)[80:400, 80:400].mean()
    assert difference[80:400, 80:400].mean() < shifted
    assert (enhanced[-4:] == enhanced[-1, 0]).all(axis=2).mean() > 0.9  # the band
    assert len(real.service.gallery.restorations()) == 1
    assert real.service.gallery.enrol_upload(content, "Eileen Collins").code == "face.restored"


def test_a_comparison_and_a_review_offer_both_faces_and_the_review_notes_it(real: Served) -> None:
    form = real.sign_in()
    files = {"photo": ("probe.png", blurred(), "image/png")}
    result = real.client.post("/searches", data={"_form": form}, files=files).url.path
    page = real.client.get(f"{result}/faces/1/candidates/1").text
    for address in (f"{result}/faces/1/enhanced.png", "/references/1/enhanced.png"):
        assert f'data-src="{address}"' in page
        assert labels(real.client.get(address).content).comment
    assert real.client.get(f"{result}/faces/2/enhanced.png", headers={"X-Part": "1"}).status_code == 404

    case = real.service.cases.open("2026-7", "identify visitors")
    real.post(f"{result}/keep", case=str(case.id))
    review = real.service.cases.ask(1, two_person=False, context=Context("ada"))
    page = real.client.get(f"/reviews/{review.id}").text
    assert f'data-src="/reviews/{review.id}/pairs/0/enhanced-probe.png"' in page
    assert labels(real.client.get(f"/reviews/{review.id}/pairs/0/enhanced-probe.png").content).comment
    assert real.client.get(f"/reviews/{review.id}/pairs/1/enhanced-probe.png").status_code == 404
    real.post(f"/reviews/{review.id}", item="0", verdict="same", confidence="high")
    ((answer,),) = real.service.cases.outcome(review.id).answers
    assert [what for what, _ in answer.aids] == ["enhanced-probe"]
    assert "enhanced view of the probe opened" in real.service.cases.report(case.id).decode()


def test_an_engine_that_does_not_restore_says_so(served: Served) -> None:
    served.sign_in()
    answer = served.client.get("/references/1/enhanced.png", headers={"X-Part": "1"})
    assert answer.status_code >= 400
    assert 'class="toast failed"' in answer.text
