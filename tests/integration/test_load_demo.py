"""The demo: complete, the same twice, and never on a server by accident."""

import hashlib
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import authenticate, get_user_model
from django.contrib.sites.models import Site as DjangoSite
from django.core.management import CommandError, call_command
from wagtail.models import Page, Site

from catalog.clock import now
from catalog.models import Category
from cooperatives.partner.models import Partner, StockPool
from cooperatives.portal.models import Membership
from cooperatives.routing.freight import freight_fen
from cooperatives.routing.models import FreightRate
from livestream.campaigns.models import Campaign
from livestream.sessions.models import LiveSession
from livestream.sessions.selectors import card_warnings, shelf_of
from storefront.accounts.roles import Role, seed_roles
from storefront.pages.models import (
    CampaignPage,
    CooperativePage,
    HelpPage,
    HomePage,
    VillagePage,
)

pytestmark = pytest.mark.django_db

DEMO = Path(__file__).resolve().parents[2] / "deploy" / "demo"
PASSWORD = "shanhuo-demo-2026"


def load(**options: Any) -> str:
    said = StringIO()
    call_command("load_demo", without_season=True, stdout=said, **options)
    return said.getvalue()


def everything() -> dict[str, str]:
    return {
        model._meta.db_table: hashlib.sha256(
            repr(
                [
                    # A page's body by what it says, not by the objects that it is read into.
                    [getattr(value, "get_prep_value", lambda v=value: v)() for value in row]
                    for row in model._base_manager.order_by("pk").values_list()
                ]
            ).encode()
        ).hexdigest()
        for model in apps.get_models(include_auto_created=True)
        # The public figures are counted anew each time.
        if model._meta.managed and not model._meta.proxy and model._meta.app_label != "impact"
    }


def test_loading_the_demo_twice_changes_nothing() -> None:
    first = load()
    before = everything()

    assert load() == first
    assert everything() == before


def test_each_sign_in_of_the_announcement_works(settings: Any) -> None:
    settings.SITE_URL = "http://localhost:8123"

    said = load()

    lines = [line.split() for line in said.splitlines() if "@example.org" in line]
    assert len(lines) == 20
    for email, address, _name in lines:
        assert address.startswith("http://localhost:8123/")
        assert authenticate(None, username=email, password=PASSWORD) is not None
    assert "http://localhost:8123/r/DEMO-PEAR" in said
    assert "http://localhost:8123/r/DEMO-FAIR" in said


def test_each_cooperative_has_one_manager_who_manages_no_other() -> None:
    load()

    rows = Membership.objects.values_list("partner__code", "user__email", "role")
    assert sorted(rows) == sorted(
        (code, f"manager.{code.lower()}@example.org", "manager")
        for code in Partner.objects.values_list("code", flat=True)
    )
    assert len(rows) == 16
    users = get_user_model().objects
    assert sorted(users.filter(is_staff=True).values_list("email", flat=True)) == [
        "admin@example.org",
        "editor@example.org",
        "moderator@example.org",
    ]
    assert not users.filter(is_superuser=True).exists()


def test_a_password_that_was_changed_stays_and_is_told() -> None:
    load()
    buyer = get_user_model().objects.get(email="buyer@example.org")
    buyer.set_password("my own word 1")
    buyer.save()

    said = load()

    (line,) = [line for line in said.splitlines() if "buyer@example.org" in line]
    assert line.endswith("(its password was changed)")
    assert said.count("(its password was changed)") == 1
    buyer.refresh_from_db()
    assert buyer.check_password("my own word 1")


def test_demo_password_sets_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", "another word 7")

    assert "another word 7" in load()
    assert authenticate(None, username="admin@example.org", password="another word 7")
    assert authenticate(None, username="admin@example.org", password=PASSWORD) is None


def test_without_demo_allowed_nothing_is_loaded_unless_said_in_words(settings: Any) -> None:
    settings.DEMO_ALLOWED = False
    before = everything()

    with pytest.raises(CommandError, match="--yes-this-is-a-demo"):
        load()
    assert everything() == before

    load(yes_this_is_a_demo=True)
    assert get_user_model().objects.filter(email="admin@example.org").exists()


def test_production_does_not_allow_the_demo() -> None:
    from storefront.settings import base

    assert base.DEMO_ALLOWED is False
    assert "DEMO_ALLOWED" not in (Path(base.__file__).parent / "production.py").read_text()


def test_the_site_stands_with_its_pages_and_both_site_tables(settings: Any) -> None:
    settings.SITE_URL = "http://shop.example.org:8443"

    load()

    home = HomePage.objects.get()
    site = Site.objects.get()
    assert (site.hostname, site.port, site.is_default_site) == ("shop.example.org", 8443, True)
    assert site.root_page_id == home.pk
    assert DjangoSite.objects.get(pk=settings.SITE_ID).domain == "shop.example.org:8443"
    slugs = home.get_children().live().values_list("slug", flat=True)
    assert sorted(slugs) == ["autumn-harvest", "help", "money", "privacy", "stories", "villages"]
    assert not Page.objects.filter(title__startswith="Welcome").exists()
    for page in Page.objects.filter(depth__gt=1).specific():
        assert page.title_en and page.introduction_zh and page.introduction_en, page.url_path
    # A page for each village and each cooperative; each says something of its own.
    for kind in (VillagePage, CooperativePage):
        assert set(kind.objects.live().values_list("partner", flat=True)) == set(
            Partner.objects.values_list("pk", flat=True)
        )
    assert len(set(VillagePage.objects.values_list("introduction_zh", flat=True))) == 16


def test_what_an_editor_saved_stays_and_the_rest_follows_the_demo() -> None:
    load()
    edited, old = VillagePage.objects.get(slug="jiawa"), HelpPage.objects.get(slug="returns")
    edited.title_en = "My Jiawa"
    edited.save_revision().publish()
    HelpPage.objects.filter(pk=old.pk).update(title_en="of an earlier demo")

    load()

    edited.refresh_from_db()
    old.refresh_from_db()
    assert edited.title_en == "My Jiawa"
    assert old.title_en == "Damage and refunds"


def test_the_campaign_runs_and_all_on_its_shelf_can_be_sold() -> None:
    load()

    campaign = Campaign.objects.get(code="autumn-harvest")
    page = CampaignPage.objects.get()
    assert campaign.page_id == page.pk
    assert campaign.runs_at(now())
    links = campaign.links.order_by("code").values_list("code", "medium", "produce__code")
    assert list(links) == [
        ("DEMO-FAIR", "poster", None),
        ("DEMO-HOST", "host", "XL"),
        ("DEMO-PEAR", "channel", "XL"),
        ("DEMO-STALL", "stall", None),
    ]
    assert campaign.kind == "season"
    assert sum(cost.amount_fen for cost in campaign.costs.all()) == 68_050
    assert campaign.villages.exists()
    assert campaign.produce.count() == 8
    assert page.shelf.count() == 8
    for item in page.shelf.all():
        assert sum(pool.free for pool in StockPool.objects.filter(produce=item.produce)) > 0
    assert not Category.objects.filter(name_en="").exists()


def test_the_campaign_has_a_session_that_is_ready_to_begin() -> None:
    load()

    session = LiveSession.objects.get()
    assert (session.campaign.code, session.state) == ("autumn-harvest", "scheduled")
    assert not session.rehearsal
    assert session.starts_at > now()
    assert list(session.channels.values_list("platform", flat=True)) == ["own", "douyin"]
    shelf = [(item.pack.upc, item.per_buyer) for item in shelf_of(session)]
    assert shelf == [("EHM-1", 4), ("HSF-2", 3), ("BXG-1", None)]
    cards = [item.card for item in shelf_of(session)]
    assert [card.village_zh for card in cards] == ["三树村", "永富村", "东阳村"]
    assert all(card.village_en and card.points_en and card.proofs_en for card in cards)
    assert [card_warnings(card) for card in cards] == [{}, {}, {}]


def test_freight_is_known_to_every_province_and_a_rate_that_staff_set_stays() -> None:
    load()

    partners = dict(Partner.objects.values_list("code", "pk"))
    sanshu, yongfu, potato = (
        partners[code] for code in ("GY-SANSHU", "GY-YONGFU", "XJ-XIAOZHUANG")
    )
    # 3 kg for 12.00, each further started kg 3.00; the cooperative's own rows go first.
    assert freight_fen({sanshu: 3001, yongfu: 2500, potato: 25_000}, "北京") == {
        sanshu: 1500,
        yongfu: 1200,
        potato: 1500 + 4 * 600,
    }
    assert freight_fen({sanshu: 2500, yongfu: 4000}, "广西") == {sanshu: 900, yongfu: 700}
    assert freight_fen({sanshu: 2500}, "新疆") == {sanshu: 2600}

    FreightRate.objects.filter(partner=None, province="新疆").update(first_fen=9900)
    load()

    assert freight_fen({sanshu: 2500}, "新疆") == {sanshu: 9900}


def test_a_freight_file_with_faults_loads_nothing(tmp_path: Path) -> None:
    table = tmp_path / "freight.csv"
    table.write_text(
        "cooperative,province,first_grams,first_fen,step_grams,step_fen\n"
        ",,3000,1200,1000,300\n"
        "NOBODY,北京市,0,1200,1000,300\n"
    )

    with pytest.raises(CommandError) as refusal:
        call_command("load_freight", table)

    assert str(refusal.value) == (
        "freight.csv:3: province: '北京市', "
        "expected a province's short name such as 广西, or none\n"
        "freight.csv:3: first_grams: 0, expected a whole number of grams from 1 to 1000000\n"
        "freight.csv:3: cooperative: unknown NOBODY, expected the code of a cooperative\n"
        "Nothing was loaded."
    )
    assert not FreightRate.objects.exists()


def test_roles_read_and_write_what_is_theirs() -> None:
    groups = seed_roles()

    def may(role: Role) -> set[str]:
        return {
            f"{label}.{codename}"
            for label, codename in groups[role].permissions.values_list(
                "content_type__app_label", "codename"
            )
        }

    assert {each.name for each in groups.values()} == {
        "finance",
        "auditor",
        "editor",
        "moderator",
        "administrator",
    }
    for role in Role:
        assert "wagtailadmin.access_admin" in may(role)
        assert "partner.dashboard_access" not in may(role)
        # The ledger is written by the chain alone.
        assert not {name for name in may(role) if name.startswith("ledger.")} - {
            name for name in may(role) if name.startswith("ledger.view_")
        }
    assert {name.split(".")[1].split("_")[0] for name in may(Role.AUDITOR)} == {"view", "access"}
    assert "campaigns.add_campaign" in may(Role.EDITOR)
    assert "aftersales.add_refund" not in may(Role.EDITOR)
    assert "aftersales.add_refund" in may(Role.FINANCE)
    assert "catalogue.change_produce" not in may(Role.FINANCE)
    assert {"accounts.change_user", "aftersales.add_refund", "campaigns.add_campaign"} <= may(
        Role.ADMINISTRATOR
    )


def test_seeding_roles_again_restores_them_and_changes_nothing_else() -> None:
    groups = seed_roles()
    before = everything()
    groups[Role.EDITOR].permissions.clear()
    call_command("seed_roles", stdout=StringIO())

    after = everything()
    assert before.keys() == after.keys()
    # The rows of the many-to-many table have new keys; every other table is as it was.
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {"auth_group_permissions"}
    assert groups[Role.EDITOR].permissions.filter(codename="add_campaign").exists()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.EDITOR])
def test_those_who_make_campaigns_reach_them_in_the_admin(client: Any, role: Role) -> None:
    load()
    user = get_user_model().objects.create(email=f"my.{role.value}@example.org", is_staff=True)
    user.groups.add(seed_roles()[role])
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page = CampaignPage.objects.get()

    for address in (
        "/cms/",
        "/cms/snippets/campaigns/campaign/",
        "/cms/snippets/campaigns/campaign/add/",
        f"/cms/pages/{page.pk}/edit/",
    ):
        assert client.get(address).status_code == 200, address


def test_a_buyer_does_not_reach_the_admin(client: Any) -> None:
    load()
    buyer = get_user_model().objects.get(email="buyer@example.org")
    client.force_login(buyer, backend="django.contrib.auth.backends.ModelBackend")

    assert client.get("/cms/").status_code == 302
    assert client.get("/cms/snippets/campaigns/campaign/").status_code == 302
