"""A file is replaced whole or not at all."""

import os
import stat

import pytest

from minicnn.io import atomic


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_writes_and_replaces(tmp_path):
    path = tmp_path / "model.bin"
    atomic.write_bytes(path, b"old")
    atomic.write_bytes(str(path), b"new content")
    assert path.read_bytes() == b"new content"
    assert names(tmp_path) == ["model.bin"]


def test_text_is_utf8_and_newlines_stay(tmp_path):
    atomic.write_text(tmp_path / "log", "naïve\n1\r\n")
    assert (tmp_path / "log").read_bytes() == "naïve\n1\r\n".encode()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_old_content_stays_after_an_error(tmp_path, error):
    path = tmp_path / "model.bin"
    path.write_bytes(b"old")
    with pytest.raises(error), atomic.writing(path) as file:
        file.write(b"half of the n")
        file.flush()
        assert path.read_bytes() == b"old"
        raise error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["model.bin"]


def test_old_content_stays_when_the_rename_fails(tmp_path, monkeypatch):
    path = tmp_path / "model.bin"
    path.write_bytes(b"old")

    def refuse(*_):
        raise PermissionError("busy")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError, match="busy"):
        atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["model.bin"]


def test_content_is_flushed_before_the_rename_and_the_folder_after(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor):
        folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        events.append("folder" if folder else os.fstat(descriptor).st_size)
        fsync(descriptor)

    def watched_replace(*args):
        events.append("rename")
        replace(*args)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    atomic.write_bytes(tmp_path / "model.bin", b"12345")
    assert events == [5, "rename", "folder"]


def test_writers_that_want_a_name(tmp_path):
    path = tmp_path / "model.bin"
    with atomic.replacing(path) as aside:
        assert aside.parent == tmp_path
        aside.write_bytes(b"by name")
        assert not path.exists()
    assert path.read_bytes() == b"by name"


def test_follows_a_link_and_keeps_permissions(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    atomic.write_bytes(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o640


def test_new_files_obey_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        atomic.write_bytes(tmp_path / "model.bin", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "model.bin").stat().st_mode) == 0o640


def test_longest_possible_name(tmp_path):
    path = tmp_path / ("n" * 255)
    atomic.write_bytes(path, b"x")
    assert path.read_bytes() == b"x"


def test_refuses_a_folder_and_a_missing_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match="this is a folder"):
        atomic.write_bytes(tmp_path, b"x")
    with pytest.raises(FileNotFoundError, match=r"no such folder to write into: '.*missing'"):
        atomic.write_bytes(tmp_path / "missing" / "model.bin", b"x")
    assert names(tmp_path) == []
