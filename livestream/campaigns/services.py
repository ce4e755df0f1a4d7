"""Touches of tracked links, and what each order line is credited to (DESIGN §7)."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from catalog.clock import now
from livestream.campaigns import cookie
from livestream.campaigns.models import Campaign, LineAttribution, LinkTouch, TrackedLink
from livestream.sessions.models import LiveSession

Rule = LineAttribution.Rule
RULE_VERSION = 2
# More touches of one member than this within seven days change nothing: the last one counts.
MOST_ACCOUNT_TOUCHES = 50


class OverrideRefused(Exception):
    """An attribution stays as it is; the message says why, in the reader's language."""


@dataclass(frozen=True)
class LineToAttribute:
    """An order line and where its basket line came from; "" is the catalogue.

    "room:17" was added from the room of live session 17; "platform:douyin:17" was sold on another
    platform and imported as a sale of that session. `coupons` are the campaigns' coupons that it
    was discounted by, the one that took most off first: each {"terms": id, "code": code,
    "campaign": campaign id}. `flash` is the flash price that it was sold at in the room, for its
    evidence: {"flash": id, "unit_fen": …, "full_fen": …}.
    """

    order_line_id: int
    source: str = ""
    coupons: Sequence[Mapping[str, Any]] = ()
    flash: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sale:
    """What the rules look at besides the line."""

    # Newest last; each is {"link": code, "campaign": id, "at": ISO time, "visitor": uuid}.
    touches: Sequence[Mapping[str, Any]]
    campaigns: Mapping[int, Campaign]
    # The live sessions that sources name.
    sessions: Mapping[int, LiveSession]
    # When the buyer started to pay: the seven days end there.
    started_at: datetime
    user_id: int | None


Match = tuple[int, dict[str, Any]]


def record_touch(link: TrackedLink, visitor: uuid.UUID, user_id: int | None, at: datetime) -> None:
    """Remember that someone followed a link. `user_id` is the member's, if signed in."""
    LinkTouch.objects.create(link=link, visitor=visitor, user_id=user_id, touched_at=at)


def candidates(request: HttpRequest) -> list[dict[str, str | int]]:
    """The touches of the last ATTRIBUTION_DAYS, oldest first: frozen when payment starts.

    From the signed cookie and, for a member, from the account; each once. JSON-able:
    {"link": code, "campaign": campaign id, "at": ISO time, "visitor": uuid}.
    """
    since = now() - timedelta(days=settings.ATTRIBUTION_DAYS)
    touches = cookie.read(request)
    found = {
        (code, datetime.fromisoformat(at)): (campaign_id, str(touches.visitor))
        for code, campaign_id, at in touches.rows
    }
    if (member := request.user.pk) is not None:
        account = LinkTouch.objects.filter(user_id=member, touched_at__gte=since)
        rows = account.order_by("-touched_at").values_list(
            "link__code", "touched_at", "link__campaign_id", "visitor"
        )
        for code, at, campaign_id, visitor in rows[:MOST_ACCOUNT_TOUCHES]:
            found.setdefault((code, at), (campaign_id, str(visitor)))
    return [
        {"link": code, "campaign": campaign_id, "at": at.isoformat(), "visitor": visitor}
        for (code, at), (campaign_id, visitor) in sorted(found.items(), key=lambda row: row[0][1])
        if at >= since
    ]


def _last_link(line: LineToAttribute, sale: Sale) -> Match | None:
    """The last tracked link within seven days whose campaign was running when it was followed."""
    earliest = sale.started_at - timedelta(days=settings.ATTRIBUTION_DAYS)
    for touch in reversed(sale.touches):
        at = datetime.fromisoformat(touch["at"])
        campaign = sale.campaigns.get(touch["campaign"])
        if campaign and campaign.runs_at(at) and earliest <= at <= sale.started_at:
            evidence = {"link": touch["link"], "at": touch["at"], "visitor": touch["visitor"]}
            if sale.user_id is not None:
                evidence["user"] = sale.user_id
            return campaign.pk, evidence
    return None


def _coupon(line: LineToAttribute, sale: Sale) -> Match | None:
    """The coupon of a campaign that ran when payment started, if it took something off the line.

    Any other coupon says nothing about who sold it (DESIGN §7): the rules after this one go on.
    """
    for coupon in line.coupons:
        campaign = sale.campaigns.get(coupon["campaign"])
        if campaign and campaign.runs_at(sale.started_at):
            return campaign.pk, {"coupon": coupon["code"], "terms": coupon["terms"]}
    return None


def _session_of(line: LineToAttribute) -> int | None:
    """The id of the live session that a line's source names."""
    kind, _colon, rest = line.source.partition(":")
    name = rest.rpartition(":")[2]
    return int(name) if kind in (Rule.ROOM, Rule.PLATFORM) and name.isdecimal() else None


def _session(line: LineToAttribute, sale: Sale) -> LiveSession | None:
    """The session that a line comes from: it began, was no rehearsal, and is not frozen yet."""
    session = sale.sessions.get(_session_of(line) or 0)
    if session is None or session.rehearsal or session.started_at is None:
        return None
    return session if sale.started_at < session.campaign.frozen_from else None


def _room(line: LineToAttribute, sale: Sale) -> Match | None:
    """The session from whose room the line was put into the basket."""
    session = _session(line, sale)
    if session is None or not line.source.startswith("room:"):
        return None
    return session.campaign_id, {"session": session.pk, **line.flash}


def _platform(line: LineToAttribute, sale: Sale) -> Match | None:
    """The session that another platform's sale was imported for."""
    session = _session(line, sale)
    if session is None or not line.source.startswith("platform:"):
        return None
    return session.campaign_id, {"session": session.pk, "platform": line.source.split(":")[1]}


# DESIGN §7, in its order: the first that matches wins. Fair till and institution take their
# places here when their channels exist.
RULES: tuple[tuple[str, Callable[[LineToAttribute, Sale], Match | None]], ...] = (
    (Rule.COUPON, _coupon),
    (Rule.ROOM, _room),
    (Rule.LINK, _last_link),
    (Rule.PLATFORM, _platform),
)


def _decide(line: LineToAttribute, sale: Sale) -> tuple[str, int | None, dict[str, Any]]:
    """The rule that wins for a line, its campaign and its evidence.

    A coupon that is dropped in a room says which campaign it is, and the line's source which of
    the campaign's sessions: the evidence keeps both.
    """
    for rule, matches in RULES:
        match = matches(line, sale)
        if match:
            campaign_id, evidence = match
            session = _session(line, sale)
            if session is not None and session.campaign_id == campaign_id:
                evidence = {"session": session.pk, **evidence}
            return rule, campaign_id, evidence
    return Rule.NONE, None, {}


def attribute_lines(
    lines: Sequence[LineToAttribute],
    touches: Sequence[Mapping[str, Any]],
    *,
    started_at: datetime,
    paid_at: datetime,
    user_id: int | None,
) -> None:
    """Write what each order line is credited to, inside the caller's transaction, in 2 queries.

    A third one if a source names a live session. One row for each line, also where nothing
    matched. `touches` are `candidates()` as frozen when payment started, and `started_at` is that
    moment: the seven days end there.
    Raises IntegrityError for a line that has its attribution already.
    """
    named = {touch["campaign"] for touch in touches}
    named |= {coupon["campaign"] for line in lines for coupon in line.coupons}
    rooms = {session_id for line in lines if (session_id := _session_of(line)) is not None}
    sale = Sale(
        sorted(touches, key=lambda touch: datetime.fromisoformat(touch["at"])),
        Campaign.objects.in_bulk(named) if named else {},
        LiveSession.objects.select_related("campaign").in_bulk(rooms) if rooms else {},
        started_at,
        user_id,
    )
    rows = []
    for line in lines:
        rule, campaign_id, evidence = _decide(line, sale)
        rows.append(
            LineAttribution(
                order_line_id=line.order_line_id,
                campaign_id=campaign_id,
                rule=rule,
                rule_version=RULE_VERSION,
                evidence=evidence,
                created_at=paid_at,
            )
        )
    LineAttribution.objects.bulk_create(rows)


def override(line_id: int, campaign_id: int | None, user: Any, reason: str) -> LineAttribution:
    """Credit an order line to another campaign, or to none, by a new row with name and reason.

    Possible until 15 days after the end of each campaign that it touches. Raises
    OverrideRefused, and nothing has changed; of two at once one is refused.
    """
    reason = reason.strip()
    if not reason:
        raise OverrideRefused(_("Say why it is credited otherwise."))
    current = LineAttribution.objects.select_related("campaign").get(
        order_line_id=line_id, replaced_by__isnull=True
    )
    if current.campaign_id == campaign_id:
        raise OverrideRefused(_("The line is credited to that already."))
    chosen = None
    if campaign_id is not None:
        chosen = Campaign.objects.filter(pk=campaign_id).first()
        if chosen is None:
            raise OverrideRefused(_("There is no such campaign."))
    moment = now()
    for campaign in filter(None, (current.campaign, chosen)):
        if moment >= campaign.frozen_from:
            raise OverrideRefused(
                _("The figures of %(campaign)s are frozen: it ended more than 15 days ago.")
                % {"campaign": campaign.name}
            )
    try:
        with transaction.atomic():
            return LineAttribution.objects.create(
                order_line_id=line_id,
                campaign=chosen,
                rule=Rule.ASSIGNED if chosen else Rule.NONE,
                rule_version=RULE_VERSION,
                evidence={"replaces": current.rule, "campaign": current.campaign_id},
                replaces=current,
                named_by=user,
                reason=reason,
                created_at=moment,
            )
    except IntegrityError as error:
        raise OverrideRefused(
            _("Someone else has just credited this line otherwise. Look again.")
        ) from error
