"""Every subject once, by its best reference, ties by number, however the references lie."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bareface.gallery.search import best_of_subjects
from tests.examples import examples


class Scores:
    """An index over given similarities: what it would be asked for is all that matters here."""

    def __init__(self, similarities: list[float]) -> None:
        self.similarities = np.array(similarities, np.float32)
        self.ids = np.arange(1, len(similarities) + 1)
        self.asked: list[int] = []

    def __len__(self) -> int:
        return len(self.ids)

    def search(self, queries, k, fetch):
        self.asked.append(k)
        order = np.lexsort((self.ids, -self.similarities))[:k]
        return np.tile(self.similarities[order], (len(queries), 1)), np.tile(self.ids[order], (len(queries), 1))


references = st.lists(
    st.tuples(st.sampled_from([0.1, 0.5, 0.5, 0.9, 0.95]), st.integers(1, 8)), min_size=1, max_size=60
)


@settings(max_examples=examples(200), deadline=None)
@given(references=references, top=st.integers(1, 10))
def test_the_list_is_that_of_looking_at_every_reference(references, top):
    best: dict[int, tuple[float, int]] = {}
    for number, (score, owner) in enumerate(references, start=1):
        if owner not in best or score > best[owner][0]:
            best[owner] = (score, number)
    expected = sorted((-score, owner, number) for owner, (score, number) in best.items())[:top]
    index = Scores([score for score, _ in references])
    subjects = np.array([0, *(owner for _, owner in references)])
    now = SimpleNamespace(index=index, fetch=None, owners=lambda ids: subjects[ids])
    hits, again = best_of_subjects(now, np.zeros((2, 4)), top)
    assert hits == again
    assert [(hit.subject_id, hit.reference_id) for hit in hits] == [entry[1:] for entry in expected]
    np.testing.assert_allclose([hit.similarity for hit in hits], [-entry[0] for entry in expected], rtol=1e-6)
