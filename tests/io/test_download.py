"""Downloads from a server of this machine: once, checked, and one line when there is none."""

import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from minicnn.errors import FormatError
from minicnn.io import download

pytest.importorskip("pooch", reason="downloads need the data extra")

CONTENT = b"handwritten digits"
SHA256 = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


@pytest.fixture
def server():
    """A server of one file, ``/file``; ``.asked`` lists the paths that were asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            http.asked.append(self.path)
            found = self.path == "/file"
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(CONTENT) if found else 0))
            self.end_headers()
            if found:
                self.wfile.write(CONTENT)

        def log_message(self, *_):
            """Say nothing on the tests' standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.asked = []
        http.address = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield http
        http.shutdown()
        thread.join()


@pytest.fixture
def dead_address():
    """An address at which nobody answers: bound, but nobody listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


@pytest.mark.parametrize("known_hash", [SHA256, f"md5:{hashlib.md5(CONTENT).hexdigest()}"])
def test_downloads_once(server, tmp_path, known_hash):
    for _ in range(2):
        path = download.fetch([f"{server.address}/file"], tmp_path / "a", "name", known_hash)
        assert path == tmp_path / "a" / "name"
        assert path.read_bytes() == CONTENT
    assert server.asked == ["/file"]


def test_downloads_again_what_is_damaged(server, tmp_path):
    (tmp_path / "name").write_bytes(b"half")
    path = download.fetch([f"{server.address}/file"], tmp_path, "name", SHA256)
    assert path.read_bytes() == CONTENT


def test_another_file_than_expected_is_refused_and_not_kept(server, tmp_path):
    with pytest.raises(FormatError, match=r"name: http://127.*/file sent another file: SHA256"):
        download.fetch([f"{server.address}/file"], tmp_path, "name", "sha256:" + 64 * "0")
    assert not list(tmp_path.iterdir())


def test_mirrors_are_tried_in_turn(server, dead_address, tmp_path):
    urls = [f"{dead_address}/file", f"{server.address}/missing", f"{server.address}/file"]
    assert download.fetch(urls, tmp_path, "name", SHA256).read_bytes() == CONTENT


def test_no_network_is_one_line_that_says_what_to_do(dead_address, tmp_path):
    with pytest.raises(ConnectionError) as caught:
        download.fetch([f"{dead_address}/file"], tmp_path, "name", SHA256)
    assert str(caught.value) == (
        f"download: cannot reach {dead_address}/file (ConnectionError); "
        f"with the file from elsewhere as {tmp_path / 'name'} no network is needed"
    )
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "../name", "a/b", "/etc/passwd"])
def test_names_stay_in_their_folder(tmp_path, name):
    with pytest.raises(ValueError, match="download: name must be a plain file name"):
        download.fetch(["http://127.0.0.1/file"], tmp_path, name, SHA256)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://host/file", "name"])
def test_only_the_web_is_asked(tmp_path, url):
    with pytest.raises(ValueError, match="download: address must be http or https"):
        download.fetch([url], tmp_path, "name", SHA256)


def test_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MINICNN_CACHE", str(tmp_path))
    assert download.cache_folder() == tmp_path
    monkeypatch.delenv("MINICNN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert download.cache_folder() == tmp_path / "minicnn"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert download.cache_folder() == tmp_path / ".cache" / "minicnn"
