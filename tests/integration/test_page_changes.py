"""What kept pages follow: every table that a public page shows (ADR 0017)."""

import pytest
from django.apps import apps
from django.db import connection

from tests.support.shop import make_many

# Tables that nothing public shows, or only together with a row that is noted (an order line with
# its pool, a lot with its pool).
NOT_SHOWN = """
    accounts_ address_ aftersales_ analytics_ auth_ basket_
    campaigns_campaign_produce campaigns_campaign_villages campaigns_campaigncost
    campaigns_lineattribution campaigns_linktouch campaigns_trackedlink
    cases_ communication_ customer_
    discounts_buyercount discounts_gift discounts_host discounts_use django_ households_lot
    households_promise households_villageimport households_writeoff impact_countedpayout mfa_
    socialaccount_ account_ live_sessions_ live_offers_ live_room_ live_video_
    impact_mergedpool ledger_ notifications_ offer_range offer_conditionaloffer_combinations
    order_ partner_reservation partner_stockalert partner_stockmove partner_partner_users
    partner_partneraddress payment_ payments_ platforms_ portal_ produce_search_ reviews_
    routing_consignment routing_draw routing_linesource settlement_releasehold
    settlement_salespool settlement_sharingout shipping_ taggit_ thumbnail_ voucher_
    wagtailadmin_ wagtailcore_apitoken wagtailcore_collection wagtailcore_comment
    wagtailcore_group wagtailcore_locale wagtailcore_modellogentry wagtailcore_pagelogentry
    wagtailcore_pagesubscription wagtailcore_referenceindex wagtailcore_revision
    wagtailcore_task wagtailcore_uploadedfile wagtailcore_workflow
    wagtailcore_pageviewrestriction_groups wagtailembeds_ wagtailredirects_ wagtailsearch_
    wagtailusers_ wishes_ wishlists_ catalogue_attribute catalogue_option catalogue_product_
    catalogue_productattribute catalogue_productcategory catalogue_productclass
    catalogue_productimage catalogue_productrecommendation
"""


@pytest.mark.django_db
def test_every_table_is_followed_or_is_known_to_be_shown_nowhere():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
            " WHERE tgname LIKE 'page_note%' OR tgname = 'listing_note'"
        )
        followed = {name for (name,) in cursor.fetchall()}
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}

    known_not = NOT_SHOWN.split()
    forgotten = {
        table
        for table in tables - followed
        if not any(table.startswith(known) for known in known_not)
    }

    assert forgotten == set()
    assert followed <= tables
    assert not {table for table in followed if table in known_not}


@pytest.mark.django_db
def test_notes_of_a_large_shop_are_few():
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM page_change")
        before = cursor.fetchone()[0]
        make_many(50)
        cursor.execute("SELECT count(*) FROM page_change WHERE id > %s", [before])
        assert cursor.fetchone()[0] < 10
