# Copyright: (c) 2026, the dcass.sftp contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout's own tools: what is stopped goes on nowhere, a package index that fails is told in a sentence, and the
bench keeps what it has found."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import importlib
import ipaddress
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import threading
import time
import zipfile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.bench import aims, page, parts, plot
from tests.bench.peers import ASYNCSSH, OURS
from tests.bench.race import Score

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
# a table of one step, run as `make test` runs its own
RUN = f"""
import pathlib, signal, sys
sys.path.insert(0, {str(TOOLS)!r})
import check, environments
for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # nohup, or a shell, may have some of them ignored
    signal.signal(signum, signal.SIG_DFL)
check.LOGS = pathlib.Path({{logs!r}})
check.STEPS = (check.Step("part", "step", "what it does", {{command!r}}),)
environments.ensure = lambda name: pathlib.Path(sys.executable)
sys.exit(check.main(["part"]))
"""
# a step with a child in a session of its own, whose parent has ended, as a server's may be
STEP = """
import pathlib, signal, subprocess, time
{0}
orphan = ["sh", "-c", "setsid sleep 300 >/dev/null 2>&1 & echo $!"]
try:
    pathlib.Path({1!r}).write_text(subprocess.run(orphan, capture_output=True, text=True).stdout)
    time.sleep(300)
finally:
    pathlib.Path({2!r}).touch()
"""
CONDITIONS = {"build": "abc", "before": "abb", "load": "0.1", "machine": ["a machine"]}  # of a part of the bench
FAILING = """
import pytest

@pytest.fixture
def way():
    raise LookupError("no way in")

def test_of_it(way):
    pass

@pytest.mark.parametrize("number", [1, 2])
def test_number(number):
    assert number == 1, "it is more"
"""
IGNORING = "signal.signal(signal.SIGINT, signal.SIG_IGN)"


def wait_until(there, seconds=20):
    """Whether a condition comes true in that time."""
    end = time.monotonic() + seconds
    while not there():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def is_running(pid):
    """Whether a process is there and has not ended."""
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def begun(tmp_path):
    """Begins check.py with the one step; gives it, and the process that the step has left to itself."""
    running = []

    def begin(first=""):
        note = tmp_path / "pid"
        step = STEP.format(first, str(note), str(tmp_path / "cleaned"))
        code = RUN.format(logs=str(tmp_path), command=("python", "-c", step))
        check = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        running.append(check)
        assert wait_until(lambda: note.exists() and note.read_text().strip()), (tmp_path / "step.log").read_text()
        return check, int(note.read_text())

    yield begin
    for check in running:
        check.kill()
        check.communicate()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda signum: signum.name)
def test_what_is_stopped_ends_with_all_that_it_has_started(begun, tmp_path, signum):
    check, orphan = begun()
    assert is_running(orphan)
    check.send_signal(signum)
    said, _nothing = check.communicate(timeout=20)
    assert check.returncode == 128 + signum
    assert not is_running(orphan)
    assert (tmp_path / "cleaned").exists(), "a step gets the time to clean up"
    assert said.strip() == f"stopped by {signum.name}; nothing of it goes on"


def test_a_step_that_does_not_end_is_killed_when_it_is_told_twice(begun, tmp_path):
    check, orphan = begun(IGNORING)
    check.terminate()
    time.sleep(0.3)
    assert check.poll() is None
    for _second in range(8):  # one that comes before the first was taken would be the same
        check.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            check.wait(timeout=1)
    assert check.returncode == 128 + signal.SIGTERM
    assert not is_running(orphan)
    assert not (tmp_path / "cleaned").exists()


def test_steps_end_when_check_itself_is_killed(begun):
    check, orphan = begun()
    check.kill()
    assert wait_until(lambda: not is_running(orphan))


def test_what_failed_is_told_once_more_at_the_end(tmp_path):
    (given := tmp_path / "test_given.py").write_text(FAILING)
    command = ("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", "/dev/null", str(given))
    code = RUN.format(logs=str(tmp_path), command=command)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1, done.stderr
    first, *failures = done.stdout.rpartition("\n\n")[2].splitlines()
    assert first == "1 passed, 2 failed, 0 skipped"
    assert [line.partition(": ")[0] for line in failures] == ["failed", "    test_of_it", "    test_number[2]"]
    assert [failures[0], "no way in" in failures[1], "it is more" in failures[2]] == ["failed: part/step", True, True]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["lint", "unit/wrods"], "There is no unit/wrods; ", id="one of two"),
        pytest.param(["lnit"], "There is no lnit; ", id="the only one"),
        pytest.param(["quick"], "Name a part or a step; ", id="none"),
    ],
)
def test_what_is_named_and_not_there_does_not_pass_as_green(words, said):
    done = subprocess.run([sys.executable, TOOLS / "check.py", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(said)


def test_a_step_that_wants_to_be_alone_comes_last(tmp_path):
    table = """check.STEPS = [
    check.Step("part", name, "what it does", ("python", "-c", f"open({note!r}, 'a').write('{name} ')"), alone=alone)
    for name, alone in (("one", True), ("two", False), ("three", False))
]
sys.exit"""
    code = RUN.format(logs=str(tmp_path), command=()).replace("sys.exit", f"note = {str(tmp_path / 'note')!r}\n{table}")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    *beside, last = (tmp_path / "note").read_text().split()
    assert (set(beside), last) == ({"two", "three"}, "one")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        pytest.param("exit 3", 3, id="its exit code"),
        pytest.param("kill -KILL $$", 137, id="one that was killed"),
        pytest.param("setsid -f sleep 300; true", 0, id="one that leaves something behind"),
    ],
)
def test_a_command_that_is_kept_ends_as_it_would_alone(tmp_path, command, code):
    log = tmp_path / "log"
    with log.open("w") as out:
        keeper = [sys.executable, TOOLS / "keeper.py", str(os.getpid()), "sh", "-c", command]
        assert subprocess.run(keeper, stdout=out, timeout=20).returncode == code
    holders = [path for path in pathlib.Path("/proc").glob("[0-9]*/fd/1") if leads_to(path, log)]
    assert holders == []


def leads_to(link, path):
    """Whether a link of /proc leads to a file; who ends meanwhile has none."""
    with contextlib.suppress(OSError):
        return link.readlink() == path
    return False


# pip as `make venv` calls it, for a package that a local index has, with nothing known of this machine's settings
FETCH = f"""
import sys
sys.path.insert(0, {str(TOOLS)!r})
import environments
environments.BUNDLES = ({{store!r}},)
environments.ssl.get_default_verify_paths = lambda: environments.ssl.DefaultVerifyPaths(*6 * [None])
pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
index = ["--index-url", {{index!r}}, "--no-cache-dir", "--retries", "0"]
try:
    trust = ["--cert", environments.authorities(pip)]
    environments.fetch([*pip, *trust, "download", *index, "--dest", {{dest!r}}, "brick"])
except environments.NotFetched as reason:
    sys.exit(str(reason))
"""
SETTINGS = ("PIP_", "SSL_CERT_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # that name an index, or whom to trust


@pytest.fixture
def index(tmp_path):
    """A package index with one package, behind a certificate of its own; its address and that certificate."""
    wheel = tmp_path / "index" / "simple" / "brick" / "brick-1.0-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("brick-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: brick\nVersion: 1.0\n")
        file.writestr("brick-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("brick-1.0.dist-info/RECORD", "")
    certificate = write_certificate(tmp_path / "authority.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        server.folder = tmp_path / "index"
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}/simple/", certificate
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves its server's folder, and says nothing."""

    def __init__(self, request, address, server):
        super().__init__(request, address, server, directory=server.folder)

    def log_message(self, *_words):
        pass


def write_certificate(path):
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key, name = rsa.generate_private_key(65537, 2048), x509.Name([])
    begin = datetime.datetime(2026, 1, 1)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, begin, begin + datetime.timedelta(days=36500))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), True).sign(key, hashes.SHA256())
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*form))
    return path


def fetch(index, store, dest):
    """What came of it, with a system's store that is a file of the test's."""
    place = {key: value for key, value in os.environ.items() if not key.startswith(SETTINGS)}
    code = FETCH.format(store=str(store), index=index, dest=str(dest))
    return subprocess.run(
        [sys.executable, "-c", code], env={**place, "PIP_CONFIG_FILE": os.devnull}, capture_output=True, text=True
    )


def test_an_authority_that_only_the_system_knows_is_trusted(index, tmp_path):
    address, certificate = index
    assert fetch(address, certificate, tmp_path).stderr == ""
    assert (tmp_path / "brick-1.0-py3-none-any.whl").exists()


def test_an_index_that_is_not_trusted_is_told_in_a_sentence(index, tmp_path):
    address, _certificate = index
    outcome = fetch(address, write_certificate(tmp_path / "another.pem"), tmp_path)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("The package index shows a certificate that this machine does not trust. ")
    assert "Traceback" not in outcome.stderr


def test_an_index_that_does_not_answer_is_told_in_a_sentence(tmp_path):
    outcome = fetch("https://127.0.0.1:9/simple/", write_certificate(tmp_path / "one.pem"), tmp_path)
    assert outcome.returncode == 1
    assert outcome.stderr.startswith("The package index does not give what is asked of it. ")
    assert "Traceback" not in outcome.stderr


@pytest.mark.parametrize(
    ("said", "begin", "reason"),
    [
        pytest.param(
            "error: Failed to fetch: https://index/x/\n  cause: client error (Connect)\n"
            "  cause: invalid peer certificate: UnknownIssuer",
            "The package index shows a certificate",
            "(invalid peer certificate: UnknownIssuer)",
            id="uv and an unknown authority",
        ),
        pytest.param(
            "error: Failed to fetch: https://index/x/\n  cause: tcp connect error: Connection refused",
            "The package index does not give",
            "(Failed to fetch: https://index/x/)",
            id="uv and nobody there",
        ),
        pytest.param(
            "error: Hash mismatch for x==1", "The environment could not be filled:", "Hash mismatch for x==1", id="else"
        ),
    ],
)
def test_what_uv_says_comes_with_advice(monkeypatch, said, begin, reason):
    monkeypatch.syspath_prepend(TOOLS)
    outcome = importlib.import_module("environments").why_not_fetched(said)
    assert outcome.startswith(begin)
    assert outcome.endswith(reason)


def measure_three_things(folder):
    with parts.part("growth", CONDITIONS, folder) as part:
        for what, rows in (("the first", [1]), ("the second", None), ("the third", [3])):
            with part.step(what):
                if rows is None:
                    raise ValueError("no\nsuch thing")
                part.found[what] = rows


def test_a_part_of_the_bench_that_fails_keeps_what_it_has(tmp_path):
    with pytest.raises(AssertionError, match="the second: ValueError: no such thing"):
        measure_three_things(tmp_path)
    kept = parts.load(["noop", "growth"], tmp_path)
    assert list(kept) == ["growth"] and kept["growth"]["found"] == {"the first": [1], "the third": [3]}
    told = page.text(kept)
    assert "**failed**: the second: ValueError: no such thing" in told
    assert "The part `growth` has not all that belongs here" in told


@pytest.mark.parametrize(
    ("seconds", "found", "word"),
    [
        pytest.param({OURS: [1.0, 2.0, 1.0], ASYNCSSH: [2.0, 4.0, 1.0]}, "2.00", "met", id="ahead in most rounds"),
        pytest.param({OURS: [1.0, 2.0, 1.0], ASYNCSSH: [1.8, 3.6, 9.0]}, "1.80", "**missed**", id="not enough"),
        pytest.param({OURS: [1.0, 2.0, 1.0]}, "–", "not measured", id="a peer that does not work here"),
    ],
)
def test_an_aim_of_the_bench_is_met_or_missed_by_the_median_of_rounds(seconds, found, word):
    raced = {name: Score(first=each, processor=each).kept() for name, each in seconds.items()}
    part = {**CONDITIONS, "began": "today", "minutes": 1.0, "failed": []}
    part["found"] = {"size": "2 files", "lines": {}, "notes": [], "races": {"0": raced}}
    aimed = {row[0]: row[3:] for row in aims.rows({"day": part})}
    assert aimed["asyncssh ÷ ours, `day`, 0 ms"] == [found, word]
    assert word in page.text({"day": part})
    assert "</svg>" in plot.svg({"day": part})
