"""/healthz, /readyz and what `manage.py doctor` finds."""

import json

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory

from storefront import doctor, health
from storefront.doctor import examine, masked
from storefront.tasks import heartbeat


@pytest.fixture(autouse=True)
def _as_in_a_new_process(monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(doctor, "WORKER_SECONDS", 0.2)


def ready() -> tuple[int, dict]:
    answer = health.readyz(RequestFactory().get("/readyz"))
    return answer.status_code, json.loads(answer.content)


def test_healthz_answers_without_any_server():
    answer = health.healthz(RequestFactory().get("/healthz"))

    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz_says_that_all_is_in_order():
    assert ready() == (200, {"ok": True, "database": True, "redis": True, "migrations": True})


@pytest.mark.django_db
def test_readyz_says_that_redis_is_away(settings):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"

    assert ready() == (503, {"ok": False, "database": True, "redis": False, "migrations": True})


@pytest.mark.django_db
def test_readyz_says_that_a_migration_is_missing(monkeypatch):
    monkeypatch.setattr(health, "unapplied_migrations", lambda: ["ledger.0009_new"])

    assert ready() == (503, {"ok": False, "database": True, "redis": True, "migrations": False})


def test_readyz_says_that_the_database_is_away(fresh_database):
    from tests.conftest import SUITE

    connection.close()
    SUITE.drop(fresh_database.name)

    assert ready() == (503, {"ok": False, "database": False, "redis": True, "migrations": False})


@pytest.mark.django_db
def test_doctor_finds_database_role_and_redis_in_order_and_no_worker():
    findings = {finding.name: finding for finding in examine()}

    assert findings["database"].ok and "shanhuo_app@127.0.0.1" in findings["database"].found
    assert findings["role"].ok and findings["role"].found.startswith("shanhuo_app; ")
    assert findings["migrations"].found == "all applied"
    assert findings["redis"].ok
    assert not findings["worker"].ok
    assert not findings["schedule"].ok
    assert not findings["stripe"].ok  # the suite's address leads nowhere
    assert findings["storage"].ok


@pytest.mark.django_db
def test_doctor_hears_the_schedule_after_a_heartbeat():
    heartbeat()

    findings = {finding.name: finding for finding in examine()}

    assert findings["schedule"].ok and findings["schedule"].found.startswith("last heard of at 20")


@pytest.mark.django_db
def test_doctor_ends_with_1_when_something_is_wrong(capsys):
    with pytest.raises(SystemExit) as end:
        call_command("doctor")

    assert end.value.code == 1
    assert "✗ worker" in capsys.readouterr().out


def test_doctor_warns_of_a_role_that_may_change_the_ledger(fresh_database):
    import psycopg

    with psycopg.connect(fresh_database.owner_url) as owner:
        owner.execute("GRANT UPDATE ON ledger_posting TO shanhuo_app")

    findings = {finding.name: finding for finding in examine()}

    assert "may change ledger_posting" in findings["role"].advice


def test_an_address_is_shown_without_its_password():
    assert masked("redis://:secret@10.0.0.1:6379/2") == "redis://:•••@10.0.0.1:6379/2"
    assert masked("redis://10.0.0.1:6379/2") == "redis://10.0.0.1:6379/2"
