import json
from pathlib import Path

import pytest

from local.running import RunningStack, StateLock, find_running, remove_note, write_note

RUNNING = RunningStack(
    url="http://127.0.0.1:8700",
    bucket="imports",
    region="eu-west-1",
    endpoint="http://127.0.0.1:8701",
    opensearch_url="http://127.0.0.1:8702",
    emulator_url="http://127.0.0.1:8703",
    logs="/state/logs",
    pid=1,
    servers={"OpenSearch": 2},
)


def test_a_stack_whose_process_holds_the_lock_is_found(tmp_path: Path) -> None:
    lock = StateLock(tmp_path)
    assert lock.take()
    write_note(tmp_path, RUNNING)

    assert find_running(tmp_path) == RUNNING

    lock.release()


def test_a_note_left_behind_by_a_dead_process_is_not_believed(tmp_path: Path) -> None:
    write_note(tmp_path, RUNNING)

    assert find_running(tmp_path) is None


def test_looking_for_a_stack_does_not_keep_the_lock(tmp_path: Path) -> None:
    write_note(tmp_path, RUNNING)
    find_running(tmp_path)

    lock = StateLock(tmp_path)

    assert lock.take()
    lock.release()


def test_two_stacks_cannot_work_on_one_folder(tmp_path: Path) -> None:
    first, second = StateLock(tmp_path), StateLock(tmp_path)

    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()
    second.release()


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"url": "http://127.0.0.1:8700"})])
def test_a_note_that_cannot_be_read_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.json").write_text(text)

    assert find_running(tmp_path) is None


def test_a_removed_note_may_be_removed_again(tmp_path: Path) -> None:
    write_note(tmp_path, RUNNING)

    remove_note(tmp_path)
    remove_note(tmp_path)

    assert find_running(tmp_path) is None
