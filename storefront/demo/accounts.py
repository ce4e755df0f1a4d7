"""The demo's sign-ins. Role names only: nobody here is a person."""

from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from cooperatives.partner.models import Partner
from cooperatives.portal.models import Membership
from storefront.accounts.address_book import save_address
from storefront.accounts.roles import Role, seed_roles


@dataclass(frozen=True)
class SignIn:
    """One account as the demo announces it. `path` is where it begins."""

    email: str
    name: str
    path: str
    password_fits: bool = True


ADMINISTRATOR = SignIn("admin@example.org", "系统管理员", "/cms/")
EDITOR = SignIn("editor@example.org", "内容编辑", "/cms/")
MODERATOR = SignIn("moderator@example.org", "内容审核", "/cms/")
# {who works in Wagtail's admin: in which role}
STAFF = {
    ADMINISTRATOR: Role.ADMINISTRATOR,
    EDITOR: Role.EDITOR,
    MODERATOR: Role.MODERATOR,
}
BUYER = SignIn("buyer@example.org", "演示买家", "/")
# Of the demo's buyer; the first one is the default.
ADDRESSES = (
    {
        "name": "演示买家",
        "phone": "13800138000",
        "province": "广西",
        "city": "桂林市",
        "district": "雁山区",
        "town": "雁山镇",
        "detail": "雁中路 9 号教师公寓 3 栋 502",
    },
    {
        "name": "演示买家（老家）",
        "phone": "13800138000",
        "province": "湖南",
        "city": "长沙市",
        "district": "芙蓉区",
        "town": "",
        "detail": "解放西路 188 号",
    },
)


def manager_of(partner: Partner) -> SignIn:
    """The account of a cooperative's manager."""
    email = f"manager.{partner.code.lower()}@example.org"
    return SignIn(email, f"{partner.village}合作社经理", "/coop/")


@transaction.atomic
def make_accounts(password: str) -> list[SignIn]:
    """Make the accounts that are missing, all with one password; existing ones stay.

    Gives all of them; `password_fits` is False where the account's password was changed.
    """
    groups = seed_roles()
    partners = {manager_of(partner): partner for partner in Partner.objects.order_by("pk")}
    wanted = [*STAFF, BUYER, *partners]
    users = get_user_model()._default_manager
    known = users.in_bulk([each.email for each in wanted], field_name="email")
    if len(known) < len(wanted):
        # One hash for all: hashing is slow on purpose, and the demo's password is no secret.
        encoded = make_password(password)
        for each in wanted:
            if each.email not in known:
                known[each.email] = users.create(
                    email=each.email,
                    first_name=each.name,
                    language="zh-hans",
                    password=encoded,
                    is_staff=each in STAFF,
                )
    for each, role in STAFF.items():
        known[each.email].groups.add(groups[role])
    memberships = set(Membership.objects.values_list("user_id", "partner_id", "role"))
    manager = Membership.Role.MANAGER
    Membership.objects.bulk_create(
        Membership(user=known[each.email], partner=partner, role=manager)
        for each, partner in partners.items()
        if (known[each.email].pk, partner.pk, manager.value) not in memberships
    )
    buyer = known[BUYER.email]
    if not buyer.saved_addresses.exists():
        for address in ADDRESSES:
            save_address(buyer, address)
    fits = {
        encoded: check_password(password, encoded)
        for encoded in {known[each.email].password for each in wanted}
    }
    return [
        SignIn(each.email, each.name, each.path, fits[known[each.email].password])
        for each in wanted
    ]
