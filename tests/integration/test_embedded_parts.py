"""The embedded servers: who may hold them, and that they end with their last user."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from deploy.embedded.parts import Postgres, Redis
from deploy.embedded.places import ROOT, outside_of, reachable
from deploy.embedded.postgres import OWNER, SUPERUSER
from deploy.embedded.processes import alive, port_is_free, wait_until

HOLD = "import sys, time; from deploy.embedded.parts import Redis; from pathlib import Path; "
HOLD += "held = Redis(Path(sys.argv[1]), quick=True); held.start(); "
HOLD += "print(held.state['port'], flush=True); time.sleep(600)"


def hold_elsewhere(folder: Path) -> tuple["subprocess.Popen[str]", int]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_a_server_ends_when_its_last_user_is_killed(tmp_path):
    user, port = hold_elsewhere(tmp_path / "redis")
    assert not port_is_free(port)

    user.kill()
    user.wait()

    assert wait_until(lambda: port_is_free(port), 10)
    assert wait_until(lambda: not Redis(tmp_path / "redis").running(), 5)


def test_a_server_stays_while_another_uses_it(tmp_path):
    user, port = hold_elsewhere(tmp_path / "redis")
    ours = Redis(tmp_path / "redis", quick=True)
    ours.start()
    assert ours.state["port"] == port

    user.kill()
    user.wait()
    time.sleep(1)

    assert not port_is_free(port)
    assert ours.stop()
    assert port_is_free(port)


def test_a_server_that_dies_is_started_again(tmp_path):
    ours = Redis(tmp_path / "redis", quick=True)
    ours.start()
    mark = (tmp_path / "redis" / "process").read_text()

    os.kill(int(mark.split()[0]), signal.SIGKILL)

    assert wait_until(lambda: (tmp_path / "redis" / "process").read_text() not in ("", mark), 10)
    assert wait_until(lambda: not port_is_free(ours.state["port"]), 10)
    assert ours.stop()


def test_a_server_dies_with_its_keeper_and_the_next_start_works(tmp_path):
    ours = Redis(tmp_path / "redis", quick=True)
    ours.start()
    server = int((tmp_path / "redis" / "process").read_text().split()[0])
    parent = int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])

    os.kill(parent, signal.SIGKILL)

    assert wait_until(lambda: not alive(server), 5)
    assert wait_until(lambda: not ours.running(), 5)
    ours.start()
    assert not port_is_free(ours.state["port"])
    assert ours.stop()


def test_postgres_lets_the_superuser_in_by_its_private_socket_alone(tmp_path):
    # As root, this folder cannot be passed by PostgreSQL's user: the data must lie elsewhere.
    folder = tmp_path / "postgres"
    postgres = Postgres(folder, quick=True)
    try:
        postgres.start()
        with psycopg.connect(postgres.superuser_url) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (SUPERUSER,)
        by_network = postgres.url_for("postgres", OWNER).replace(
            f"{OWNER}:{postgres.state['passwords'][OWNER]}",
            f"{SUPERUSER}:{postgres.state['passwords'][SUPERUSER]}",
        )
        with pytest.raises(psycopg.OperationalError, match="reject"):
            psycopg.connect(by_network)
        assert Path(postgres.state["sockets"]).stat().st_mode & 0o777 == 0o700
        assert (postgres.home / "passwords.json").stat().st_mode & 0o777 == 0o600
        if os.geteuid() == 0:
            assert postgres.home.owner() != "root"
    finally:
        assert postgres.stop()
        for outside in outside_of(folder / "cluster"):
            shutil.rmtree(outside, ignore_errors=True)


def test_neither_role_is_more_than_it_must_be(tmp_path):
    from tests.conftest import SUITE

    with psycopg.connect(SUITE.postgres.superuser_url) as connection:
        rows = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname LIKE 'shanhuo%' AND "
            "(rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)"
        ).fetchall()

    assert rows == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_a_folder_below_a_closed_one_is_not_reachable(tmp_path):
    import pwd

    closed = tmp_path / "closed"
    (closed / "inside").mkdir(parents=True)
    closed.chmod(0o700)

    assert not reachable(closed / "inside", pwd.getpwnam("nobody"))
    assert reachable(Path("/usr/bin"), pwd.getpwnam("nobody"))
