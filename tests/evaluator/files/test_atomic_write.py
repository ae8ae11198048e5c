import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from evaluator.files.atomic_write import write_whole

FullDisk = Callable[[], AbstractContextManager[None]]


def test_a_full_disk_leaves_the_file_of_before_and_nothing_beside_it(tmp_path: Path, full_disk: FullDisk) -> None:
    path = tmp_path / "results.json"
    write_whole(path, "before")
    with full_disk(), pytest.raises(OSError) as failure:
        write_whole(path, "after")
    assert failure.value.filename == str(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_text_is_written_as_utf_8_and_bytes_as_they_are(tmp_path: Path) -> None:
    write_whole(tmp_path / "text", "Röntgen")
    write_whole(tmp_path / "bytes", b"\x89PNG")
    assert (tmp_path / "text").read_bytes() == b"R\xc3\xb6ntgen"
    assert (tmp_path / "bytes").read_bytes() == b"\x89PNG"


def test_a_link_is_kept_and_leads_to_the_new_content(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("before")
    (tmp_path / "link").symlink_to("real")
    write_whole(tmp_path / "link", "after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "after"


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "pipe", "through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)


@pytest.mark.parametrize("name", ["", "none/results.json"])
def test_what_cannot_be_written_is_named_as_it_was_given(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError) as failure:
        write_whole(tmp_path / name, "text")
    assert failure.value.filename == str(tmp_path / name)
