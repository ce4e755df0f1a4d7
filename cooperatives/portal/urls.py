"""Addresses of the portal, under /coop/."""

from django.urls import path

from cooperatives.portal.views import consignments, home, money, stock

app_name = "portal"

# What a page of one cooperative is about comes after its code: /coop/GY-YONGFU/lots/.
PARCEL = "<str:coop>/consignments/<str:number>/"

urlpatterns = [
    path("", home.index, name="index"),
    path("<str:coop>/", home.home, name="home"),
    path("<str:coop>/consignments/", consignments.consignment_list, name="consignments"),
    path(PARCEL, consignments.consignment, name="consignment"),
    path(f"{PARCEL}packing-list/", consignments.packing_list, name="packing-list"),
    path(f"{PARCEL}pack/", consignments.pack, name="pack"),
    path(f"{PARCEL}ship/", consignments.ship, name="ship"),
    path(f"{PARCEL}deliver/", consignments.deliver, name="deliver"),
    path(f"{PARCEL}undo/", consignments.undo, name="undo"),
    path("<str:coop>/pools/", stock.pool_list, name="pools"),
    path("<str:coop>/pools/<int:pk>/", stock.pool, name="pool"),
    path("<str:coop>/lots/", stock.lot_list, name="lots"),
    path("<str:coop>/lots/new/", stock.lot_new, name="lot-new"),
    path("<str:coop>/lots/<int:pk>/", stock.lot, name="lot"),
    path("<str:coop>/lots/<int:pk>/write-off/", stock.lot_write_off, name="lot-write-off"),
    path("<str:coop>/promises/", stock.promise_list, name="promises"),
    path("<str:coop>/promises/new/", stock.promise_new, name="promise-new"),
    path("<str:coop>/households/", money.household_list, name="households"),
    path("<str:coop>/households/<int:pk>/", money.household, name="household"),
    path("<str:coop>/sales-pools/", money.sales_pool_list, name="sales-pools"),
    path("<str:coop>/sales-pools/share-out/", money.share_out, name="share-out"),
    path("<str:coop>/sales-pools/<int:pk>/", money.sales_pool, name="sales-pool"),
]
