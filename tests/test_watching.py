"""A run that is watched: what is new in its file, and a server that gives this and nothing else."""

import http.client
import json
import threading
import urllib.error
import urllib.request

import numpy as np
import pytest

from viz import History
from viz.command import watch as watch_command
from viz.command.cli import main
from viz.monitoring import following
from viz.monitoring.following import FileLines, RecordLines, page_beside
from viz.monitoring.server import FILES, WatchServer, watch

FIRST, SECOND = '{"step": 1, "loss": 2.0}\n', '{"step": 2, "loss": "nan"}\n'


# --- what is new ---


def test_a_file_that_grows_gives_each_line_once(tmp_path):
    path = tmp_path / "run.jsonl"
    lines = FileLines(path)
    path.write_text(FIRST)
    first = lines.after("")
    assert (first.lines, first.begins, first.more, first.problem) == (FIRST, True, False, "")
    with path.open("a") as file:
        file.write(SECOND)
    second = lines.after(first.cursor)
    assert (second.lines, second.begins) == (SECOND, False)
    assert lines.after(second.cursor).lines == ""


def test_half_a_last_line_waits_for_its_end(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(FIRST + SECOND[:9])
    new = FileLines(path).after("")
    assert new.lines == FIRST
    with path.open("a") as file:
        file.write(SECOND[9:])
    assert FileLines(path).after(new.cursor).lines == SECOND


def test_a_file_that_is_not_there_yet_is_waited_for(tmp_path):
    lines = FileLines(tmp_path / "run.jsonl")
    new = lines.after("")
    assert (new.lines, new.problem) == ("", "is not there yet")
    lines.path.write_text(FIRST)
    assert lines.after(new.cursor).lines == FIRST


@pytest.mark.parametrize(
    "then",
    ["", '{"step": 1, "loss": 9.0}\n', FIRST.replace("2.0", "7.5") + SECOND + SECOND],
    ids=["empty", "shorter", "longer"],
)
def test_a_file_that_was_replaced_is_read_from_its_start(tmp_path, then):
    path = tmp_path / "run.jsonl"
    path.write_text(FIRST + SECOND)
    before = FileLines(path).after("")
    path.write_text(then)
    new = FileLines(path).after(before.cursor)
    assert (new.lines, new.begins) == (then, True)


def test_a_cursor_of_something_else_begins_at_the_start(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(FIRST)
    for cursor in ("7", "7-", "-1", "99999-00000000", "x-y", "²-1"):
        new = FileLines(path).after(cursor)
        assert (new.lines, new.begins) == (FIRST, True), cursor


def test_a_file_that_cannot_be_read_says_why(tmp_path):
    assert FileLines(tmp_path).after("").problem.startswith("cannot be read: ")


def test_a_long_file_comes_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(following, "MOST_BYTES", 40)
    whole = FIRST + SECOND + "{" + '"a": 1, ' * 20 + '"step": 3}\n' + FIRST
    path = tmp_path / "run.jsonl"
    path.write_text(whole + "{")
    parts, cursor, more = [], "", True
    while more:
        new = FileLines(path).after(cursor)
        parts.append(new.lines)
        cursor, more = new.cursor, new.more and new.lines
    assert "".join(parts) == whole
    assert len(parts) > 2


def test_bytes_that_are_no_text_do_not_end_the_following(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(b"\xff\xfe\n" + FIRST.encode())
    assert FileLines(path).after("").lines == "\N{REPLACEMENT CHARACTER}" * 2 + "\n" + FIRST


def test_records_in_memory_are_given_once_they_are_complete(monkeypatch):
    monkeypatch.setattr(following, "MOST_RECORDS", 2)
    records = [{"step": i} for i in range(1, 5)]
    lines = RecordLines(records, lambda: 3, {"nan-3": "<p>"})
    first = lines.after("")
    assert (first.lines, first.begins, first.more) == ('{"step": 1}\n{"step": 2}\n', True, True)
    second = lines.after(first.cursor)
    assert (second.lines, second.begins, second.more) == ('{"step": 3}\n', False, False)
    assert lines.after(second.cursor).lines == ""
    assert second.pages == ["nan-3"]
    assert (lines.page("nan-3"), lines.page("nan-4")) == ("<p>", None)


def test_only_pages_of_what_was_caught_are_given(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text(FIRST)
    page_beside(path, "nan-31").write_text("<p>caught")
    (tmp_path / "run.jsonl.secret.html").write_text("secret")
    (tmp_path / "other.html").write_text("other")
    lines = FileLines(path)
    assert lines.after("").pages == ["nan-31"]
    assert lines.page("nan-31") == "<p>caught"
    for name in ("secret", "../other", "", "nan-32", "nan-31.html"):
        assert lines.page(name) is None, name


# --- the server ---


@pytest.fixture
def served(tmp_path):
    """A server in a thread, and the file it follows."""
    path = tmp_path / "run.jsonl"
    server = WatchServer(FileLines(path), "run.jsonl").start()
    yield server, path
    server.stop()


def fetched(server, path=""):
    with urllib.request.urlopen(server.address + path, timeout=20) as answer:
        return answer.headers, answer.read().decode()


def status_of(server, path="/", host=None):
    """The status of a request that may name any host."""
    port = int(server.address.rstrip("/").rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest("GET", path, skip_host=host is not None)
    if host:
        connection.putheader("Host", host)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_page_and_its_parts_come_from_the_server_and_allow_nothing_else(served):
    server, _ = served
    for path, (name, kind) in FILES.items():
        headers, text = fetched(server, path[1:])
        assert headers["Content-Type"] == f"{kind}; charset=utf-8", name
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "http" not in text.replace("http://www.w3.org/2000/svg", ""), name


def test_the_server_listens_on_the_loopback_address_only(served):
    server, _ = served
    assert server._server.server_address[0] == "127.0.0.1"
    assert server.address.startswith("http://127.0.0.1:")


def test_lines_come_as_they_are_written(served):
    server, path = served
    assert json.loads(fetched(server, "lines")[1])["problem"] == "is not there yet"
    history = History(path=path, every=1)
    history.step(2.0)
    first = json.loads(fetched(server, "lines")[1])
    history.step(np.nan)
    second = json.loads(fetched(server, f"lines?after={first['cursor']}")[1])
    history.close()
    assert json.loads(first["lines"]) == {"step": 1, "loss": 2.0}
    assert json.loads(second["lines"]) == {"step": 2, "loss": "nan"}
    assert (first["begins"], second["begins"], second["ended"]) == (True, False, False)


def test_a_request_under_another_host_s_name_is_refused(served):
    server, _ = served
    port = server.address.rstrip("/").rpartition(":")[2]
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1.evil.example", "[::1", ""):
        assert status_of(server, host=host) in (400, 403), host
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "localhost:8000", "LOCALHOST"):
        assert status_of(server, host=host) == 200, host


@pytest.mark.parametrize(
    "path",
    ["/run.jsonl", "/../etc/passwd", "/caught/../run.jsonl", "/caught/", "/watch.html", "//x["],
)
def test_nothing_else_is_served(served, path):
    server, file = served
    file.write_text(FIRST)
    assert status_of(server, path) == 404


def test_a_page_of_what_was_caught_is_served_without_reach(served):
    server, path = served
    path.write_text(FIRST)
    page_beside(path, "spike-7").write_text("<p>the stepper")
    headers, text = fetched(server, "caught/spike-7")
    assert text == "<p>the stepper"
    assert "connect-src" not in headers["Content-Security-Policy"]
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        fetched(server, "caught/spike-8")
    refused.value.close()


def test_a_server_that_stops_lets_an_open_page_have_the_rest(served):
    server, path = served
    path.write_text(FIRST)
    first = json.loads(fetched(server, "lines")[1])
    path.write_text(FIRST + SECOND)
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    answer = {"ended": False}
    while not answer["ended"]:
        answer = json.loads(fetched(server, f"lines?after={first['cursor']}")[1])
    stopping.join(timeout=20)
    assert answer["lines"] == SECOND
    assert not stopping.is_alive()
    with pytest.raises(OSError, match="refused"):
        fetched(server)


def test_a_server_that_nobody_asks_stops_at_once_and_may_be_stopped_twice(tmp_path):
    server = WatchServer(FileLines(tmp_path / "x"), "x").start()
    server.stop()
    server.stop()
    assert server.ended


def test_a_page_that_goes_away_in_the_middle_is_nothing_to_report(served, capfd):
    server, path = served
    path.write_text(FIRST * 200_000)
    port = int(server.address.rstrip("/").rpartition(":")[2])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/lines")
    connection.sock.close()
    server._server.handle_error(None, None)
    assert status_of(server) == 200
    assert capfd.readouterr().err == ""


# --- the command ---


def test_watch_prints_the_address_opens_a_browser_and_ends_by_ctrl_c(tmp_path, monkeypatch, capsys):
    seen = []

    def opened(address):
        seen.append(address)
        with pytest.raises(OSError, match=r"port \d+ cannot be had \(.* in use\): name another"):
            watch(FileLines(tmp_path), "x", int(address.rstrip("/").rpartition(":")[2]))
        raise KeyboardInterrupt  # as a user does at once

    monkeypatch.setattr(watch_command.webbrowser, "open", opened)
    path = tmp_path / "run.jsonl"
    assert main(["watch", str(path)]) == 0
    (address,) = seen
    assert capsys.readouterr().out.startswith(f"run.jsonl is watched at {address}\n")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(address)


def test_watch_opens_no_browser_where_none_is_wanted(tmp_path, monkeypatch, capsys):
    def interrupted(self, poll_interval):
        raise KeyboardInterrupt

    monkeypatch.setattr(watch_command.webbrowser, "open", pytest.fail)
    monkeypatch.setattr("socketserver.BaseServer.serve_forever", interrupted)
    assert main(["watch", "run.jsonl", "--no-browser"]) == 0
    assert "http://127.0.0.1:" in capsys.readouterr().out


def test_watch_without_a_browser_to_name_serves_until_it_is_interrupted(tmp_path, monkeypatch):
    def interrupted(self, poll_interval):
        raise KeyboardInterrupt

    monkeypatch.setattr("socketserver.BaseServer.serve_forever", interrupted)
    assert watch(FileLines(tmp_path / "x"), "x") is None


def test_watch_refuses_a_folder(tmp_path, capsys):
    assert main(["watch", str(tmp_path)]) == 2
    assert "is a folder: name the file that a History writes" in capsys.readouterr().err


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "²"])
def test_watch_refuses_what_is_no_port(port, capsys):
    assert main(["watch", "run.jsonl", "--port", port]) == 2
    assert (
        f"--port: must be a whole number from 1 to 65535, got {port!r}" in capsys.readouterr().err
    )
