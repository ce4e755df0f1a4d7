"""The staff's pages about imports: a file is looked at, imported by a worker, told of."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from livestream.platforms import uploads
from livestream.platforms.models import (
    PlatformImport,
    PlatformLine,
    PlatformSettlement,
    PlatformShop,
)
from livestream.platforms.services import import_orders
from storefront.accounts.models import User
from storefront.accounts.retention import forget
from storefront.accounts.roles import Role
from storefront.order.models import Order
from tests.support import chain
from tests.support.platform_export import row, settlement_row, write_export, write_settlement
from tests.support.staff import person

pytestmark = pytest.mark.django_db


def signed_in(role: Role) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(person(role))
    return client


@pytest.fixture
def finance() -> Client:
    return signed_in(Role.FINANCE)


def give(client: Client, path: Path, **changes: Any) -> Any:
    sent = SimpleUploadedFile("../orders.csv", path.read_bytes(), "text/csv")
    form = {"platform": "douyin", "shop": "山里的店", "file": sent} | changes
    return client.post(reverse("imports:new"), form)


@pytest.fixture
def export(tmp_path: Path) -> Any:
    chain.make_grove("A", grams=25_000)

    def write(*rows: str) -> Path:
        return write_export(tmp_path, Product.objects.get().upc, *rows)

    return write


def test_a_file_is_looked_at_then_imported_by_a_worker_and_its_file_is_gone(
    finance, export, django_capture_on_commit_callbacks, monkeypatch
):
    begun: list[int] = []
    monkeypatch.setattr("livestream.platforms.tasks.import_file.delay", begun.append)

    answer = give(finance, export(row(1), row(2, sku="=1+1")))

    # Then it says what it comes to, and nothing is kept of it
    found = PlatformImport.objects.get()
    assert answer.url == reverse("imports:import", args=[found.pk])
    page = finance.get(answer.url).content.decode()
    assert "¥30.00" in page and "1 refused row" in page and "“=1+1”" in page
    assert (found.file_name, Order.objects.count()) == ("orders.csv", 0)
    file = Path(found.file.path)
    assert file.exists()

    # When it is started, twice
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            finance.post(reverse("imports:begin", args=[found.pk]))
    assert begun == [found.pk]
    waiting = finance.get(answer.url)
    assert waiting["Refresh"] == "2" and "<progress" in waiting.content.decode()
    uploads.run(found.pk)
    uploads.run(found.pk)

    # Then it is imported, once
    found.refresh_from_db()
    assert (found.state, found.result["imported"], found.rows_done) == ("done", 1, 2)
    assert Order.objects.get().channel == "platform"
    assert not found.file and not file.exists()
    refused = finance.get(reverse("imports:refused", args=[found.pk])).content.decode()
    assert refused.splitlines()[1].startswith("3,'No product has the merchant code")
    assert "Refresh" not in finance.get(answer.url)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04nonsense", b"\x00" * 2000])
def test_a_file_that_is_none_is_refused_in_words_and_not_kept(finance, tmp_path, content):
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    answer = give(finance, path)

    assert answer.status_code == 422
    assert not PlatformImport.objects.exists() and not PlatformShop.objects.exists()


def test_an_import_that_stopped_can_be_started_again(finance, export, monkeypatch):
    give(finance, export(row(1)))
    found = PlatformImport.objects.get()
    PlatformImport.objects.update(state="waiting")
    with monkeypatch.context() as patch:
        patch.setattr(uploads, "import_orders", lambda *_a, **_k: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            uploads.run(found.pk)
    found.refresh_from_db()
    assert (found.state, found.error) == ("failed", "An error of ours: see the log.")

    assert uploads.begin(found.pk)
    uploads.run(found.pk)

    found.refresh_from_db()
    assert (found.state, PlatformLine.objects.count()) == ("done", 1)


@pytest.mark.parametrize(("role", "sees"), [(Role.AUDITOR, 200), (Role.EDITOR, 302)])
def test_who_may_not_import_does_not(export, role, sees):
    give(signed_in(Role.FINANCE), export(row(1)))
    found, client = PlatformImport.objects.get(), signed_in(role)

    assert client.get(reverse("imports:import", args=[found.pk])).status_code == sees
    assert client.post(reverse("imports:begin", args=[found.pk])).status_code == 302
    assert give(client, export(row(2))).status_code == 302

    found.refresh_from_db()
    assert (found.state, PlatformImport.objects.count()) == ("checked", 1)


@pytest.mark.parametrize("files", [2, 30])
def test_the_list_asks_as_often_for_many_files(
    finance, export, django_assert_max_num_queries, files
):
    give(finance, export(row(1)))
    first = PlatformImport.objects.get()
    for _ in range(files - 1):
        first.pk = None
        first.save()

    with django_assert_max_num_queries(14):
        assert finance.get(reverse("imports:list")).status_code == 200


def test_a_file_that_nobody_imported_is_deleted_after_its_time(finance, export, set_clock):
    give(finance, export(row(1)))
    found = PlatformImport.objects.get()
    file = Path(found.file.path)
    set_clock(29 * 86_400)
    assert forget()["exports"] == 0 and file.exists()

    set_clock(31 * 86_400)
    assert forget()["exports"] == 1

    # Then what it said is still there, and it can't be begun any more
    assert not file.exists()
    finance.force_login(User.objects.get(email=f"{Role.FINANCE}@example.org"))
    page = finance.get(reverse("imports:import", args=[found.pk])).content.decode()
    assert "¥30.00" in page and reverse("imports:begin", args=[found.pk]) not in page
    assert not uploads.begin(found.pk)
    found.refresh_from_db()
    assert found.state == "checked"


def test_a_settlement_is_looked_at_and_then_booked_by_finance_alone(finance, tmp_path):
    # Given a sub-order of ¥30 that was sold in the shop
    path = write_export(tmp_path, chain.make_grove("A").pack.upc, row(1))
    import_orders(path, "douyin", "山里的店")
    shop, address = PlatformShop.objects.get(), reverse("imports:settled")
    settled = write_settlement(tmp_path, settlement_row(1, "28.20"), settlement_row(2, "1.00"))

    def send(do: str):
        sent = SimpleUploadedFile("settlement.csv", settled.read_bytes())
        return finance.post(address, {"shop": shop.pk, "file": sent, "do": do}).content.decode()

    # When it is only read, then the page says what it would come to, and nothing is booked
    page = send("look")
    assert "nothing is booked yet" in page
    assert "¥28.20" in page
    assert "No such sub-order was imported" in page
    assert PlatformSettlement.objects.count() == 0

    # When it is booked
    page = send("book")
    assert PlatformSettlement.objects.get().settled_fen == 2820
    assert page.count("¥1.80") == 2
    assert "¥0.00" in page

    # Then it stays so, and nobody else may
    send("book")
    assert PlatformSettlement.objects.count() == 1
    assert signed_in(Role.EDITOR).get(address).status_code == 302


def test_a_settlement_that_takes_too_long_for_a_page_is_refused(finance, tmp_path, monkeypatch):
    shop = PlatformShop.objects.create(platform="douyin", name="山里的店")
    rows = [settlement_row(number, "1.00") for number in range(3)]
    path = write_settlement(tmp_path, *rows)
    monkeypatch.setattr("livestream.platforms.settling_views.MOST_ROWS", 2)

    sent = SimpleUploadedFile("settlement.csv", path.read_bytes())
    answer = finance.post(reverse("imports:settled"), {"shop": shop.pk, "file": sent, "do": "book"})

    assert answer.status_code == 422
    assert "More than 2 rows" in answer.content.decode()


def test_what_is_no_settlement_is_refused_in_words(finance, tmp_path):
    shop = PlatformShop.objects.create(platform="douyin", name="山里的店")
    sent = SimpleUploadedFile("settlement.csv", b"a,b\n1,2\n")

    answer = finance.post(reverse("imports:settled"), {"shop": shop.pk, "file": sent, "do": "book"})

    assert answer.status_code == 422
    assert "结算时间" in answer.content.decode()
