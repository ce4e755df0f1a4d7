"""A copy of everything about a person: data.json, and data.html to read it."""

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.db.models.fields.files import FieldFile
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString

from catalog.clock import now
from storefront.accounts.address_book import FIELDS, addresses_of
from storefront.accounts.models import User
from storefront.aftersales.addresses import address_of
from storefront.aftersales.cases.models import Case
from storefront.notifications.models import Message, Preference
from storefront.order.models import Order
from storefront.payments.models import PaymentAttempt


def data_of(user: User) -> dict[str, Any]:
    """Everything about a person as plain values. Amounts are yuan, times with their zone."""
    data: dict[str, Any] = {
        "made_at": now(),
        "account": {
            "name": user.get_full_name(),
            "email": user.email,
            "phone": user.phone,
            "unit": user.unit,
            "language": user.language,
            "since": user.date_joined,
            "last_sign_in": user.last_login,
        },
        "consents": list(user.consents.values("version", "place", "language", "given_at")),
        "addresses": list(addresses_of(user).values(*FIELDS, "is_default", "changed_at")),
        "orders": [_order(order) for order in _orders(user)],
        "payments_without_an_order": [
            {"at": one.created_at, "state": one.state, **_contact_of(one)}
            for one in PaymentAttempt.objects.filter(user=user, order=None).order_by("created_at")
        ],
        "messages": list(
            Message.objects.filter(Q(order__user=user) | Q(order=None, context__user=user.pk))
            .order_by("pk")
            .values("kind", "channel", "recipient", "subject", "text", "created_at", "sent_at")
        ),
        "message_choices": list(Preference.objects.filter(user=user).values("choices")),
        "basket": [
            {"pack": line.product.display_name, "packs": line.quantity}
            for basket in user.baskets.filter(status="Open").prefetch_related("lines__product")
            for line in basket.lines.all()
        ],
        "links_followed": list(user.link_touches.values("link__code", "touched_at")),
    }
    # What other parts of the site keep about people: {name: function of a user}.
    for name, path in settings.PERSONAL_DATA.items():
        part: Callable[[User], Any] = import_string(path)
        data[name] = part(user)
    return data


def _orders(user: User) -> Any:
    return (
        Order.objects.filter(user=user)
        .select_related("shipping_address")
        .prefetch_related(
            "lines__product__produce",
            "consignments__partner",
            "refunds",
            "cases__entries__pictures",
        )
        .order_by("date_placed")
    )


def _order(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "placed_at": order.date_placed,
        "email": order.guest_email,
        "phone": order.contact_phone,
        "address": address_of(order) if order.shipping_address else {},
        "total": order.total_incl_tax,
        "freight": order.shipping_incl_tax,
        "lines": [
            {"title": line.title, "packs": line.quantity, "amount": line.line_price_incl_tax}
            for line in order.lines.all()
        ],
        "parcels": [
            {
                "cooperative": parcel.partner.name,
                "state": parcel.state,
                "carrier": parcel.carrier,
                "waybill": parcel.waybill,
                "paid_at": parcel.paid_at,
                "shipped_at": parcel.shipped_at,
                "delivered_at": parcel.delivered_at,
            }
            for parcel in order.consignments.all()
        ],
        "refunds": [
            {"reason": one.reason, "yuan": Decimal(one.back_fen) / 100, "done_at": one.done_at}
            for one in order.refunds.all()
        ],
        "cases": [_case(case) for case in order.cases.all()],
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "kind": case.kind,
        "state": case.state,
        "outcome": case.outcome,
        "entries": [
            {
                "by": entry.author_kind,
                "at": entry.created_at,
                "text": entry.text,
                "pictures": [picture.image.name for picture in entry.pictures.all()],
            }
            for entry in case.entries.all()
        ],
    }


def _contact_of(attempt: PaymentAttempt) -> dict[str, Any]:
    return {"contact": attempt.snapshot["contact"], "address": attempt.snapshot["address"]}


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _shown(value: Any) -> SafeString:
    """Plain values as HTML lists, everything escaped."""
    if isinstance(value, dict):
        rows = ((key, _shown(inner)) for key, inner in value.items())
        return format_html("<dl>{}</dl>", format_html_join("", "<dt>{}</dt><dd>{}</dd>", rows))
    if isinstance(value, list):
        items = format_html_join("", "<li>{}</li>", ((_shown(inner),) for inner in value))
        return format_html("<ol>{}</ol>", items)
    return format_html("{}", "–" if value in (None, "") else value)


def archive_of(user: User) -> bytes:
    """A zip with data.json, data.html, and the pictures that the person sent."""
    data = json.loads(json.dumps(data_of(user), default=_plain, ensure_ascii=False))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", json.dumps(data, ensure_ascii=False, indent=2))
        archive.writestr(
            "data.html", render_to_string("accounts/export.html", {"shown": _shown(data)})
        )
        for case in Case.objects.filter(order__user=user).prefetch_related("entries__pictures"):
            for entry in case.entries.all():
                for picture in entry.pictures.all():
                    _add(archive, picture.image)
        for path in settings.PERSONAL_FILES:
            files: Callable[[User], Iterable[FieldFile]] = import_string(path)
            for file in files(user):
                _add(archive, file)
    return made.getvalue()


def _add(archive: zipfile.ZipFile, file: FieldFile) -> None:
    if file.name and file.storage.exists(file.name):
        archive.writestr(file.name, file.storage.open(file.name).read())
