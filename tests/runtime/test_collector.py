"""The garbage collector is as before when the app has ended."""

from __future__ import annotations

import gc

from templates.runtime.collector import rare_collections


def test_it_is_left_as_it_was() -> None:
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    with rare_collections():
        assert gc.get_threshold() == (50_000, 20, 20) and gc.get_freeze_count() > frozen
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_apps_in_one_process() -> None:
    before = gc.get_threshold()
    with rare_collections():
        with rare_collections():
            pass
        assert gc.get_threshold() == (50_000, 20, 20)
    assert gc.get_threshold() == before
