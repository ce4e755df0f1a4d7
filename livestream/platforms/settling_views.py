"""The staff's page about what other platforms have paid us."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, F, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from catalog.staff import allowed, staff_page
from livestream.platforms.forms import SettlementForm
from livestream.platforms.models import PlatformLine, PlatformSettlement, PlatformShop
from livestream.platforms.settling import Settled, settle_orders
from livestream.platforms.staff_views import ADD, ICON, MOST_SHOWN, SEE, trail
from livestream.platforms.tables import BadFile
from livestream.platforms.uploads import MOST_BYTES

# Somebody waits for the answer; the command takes any number.
MOST_ROWS = 3_000


@dataclass(frozen=True)
class ShopBalance:
    """What a shop sold, in fen net of what was given back, and what its platform paid of it."""

    shop: PlatformShop
    net_fen: int
    gross_fen: int
    settled_fen: int
    # Sub-orders of which nothing came yet.
    open_lines: int

    @property
    def cost_fen(self) -> int:
        return self.gross_fen - self.settled_fen

    @property
    def open_fen(self) -> int:
        """What the platform still owes; negative: it gave back more than it has taken back."""
        return self.net_fen - self.gross_fen


def balances() -> list[ShopBalance]:
    """Each shop with what it sold and what came. Three queries."""
    sold = PlatformLine.objects.filter(order__isnull=False).values("shop").order_by()
    nets = {
        row["shop"]: (row["net"], row["waiting"])
        for row in sold.annotate(
            net=Sum(F("amount_fen") - F("refunded_fen")),
            waiting=Count("pk", filter=Q(settled_at=None, amount_fen__gt=F("refunded_fen"))),
        )
    }
    came = PlatformSettlement.objects.values("line__shop").order_by()
    paid = {
        row["line__shop"]: (row["gross"], row["settled"])
        for row in came.annotate(gross=Sum("gross_fen"), settled=Sum("settled_fen"))
    }
    found = []
    for shop in PlatformShop.objects.all():
        net, waiting = nets.get(shop.pk, (0, 0))
        gross, settled = paid.get(shop.pk, (0, 0))
        found.append(ShopBalance(shop, net, gross, settled, waiting))
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed(SEE, ADD)
def settled(request: HttpRequest) -> HttpResponse:
    """What each platform has paid; a settlement export is looked at, or booked."""
    form = SettlementForm(request.POST or None, request.FILES or None)
    done, booked = None, request.POST.get("do") == "book"
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            done = _read(data["file"], data["shop"], request, keep=booked)
        except BadFile as error:
            form.add_error("file", str(error))
    refused = done.refused_rows if done else []
    return staff_page(
        request,
        "staff/imports/settled.html",
        _("What platforms have paid"),
        trail(),
        header_icon=ICON,
        form=form,
        done=done,
        booked=booked,
        refused=refused[:MOST_SHOWN],
        more=len(refused) - MOST_SHOWN,
        balances=balances(),
        status=422 if form.errors else 200,
    )


def _read(sent: UploadedFile, shop: PlatformShop, request: HttpRequest, *, keep: bool) -> Settled:
    if sent.size is None or sent.size > MOST_BYTES:
        raise BadFile(
            _("The file is too large: %(most)d MB at most.") % {"most": MOST_BYTES // 1024**2}
        )
    with NamedTemporaryFile() as file:
        for chunk in sent.chunks():
            file.write(chunk)
        file.flush()
        return settle_orders(Path(file.name), shop, request.user, keep=keep, most_rows=MOST_ROWS)
