"""A small set of the villages' five files, to be spoiled one cell at a time."""

from pathlib import Path

FILES = {
    "cooperatives.csv": """\
code,name_zh,name_en,province,county,county_code,village,service_fee_bps,village_fund_bps
A-ONE,一村合作社,One Cooperative,广西,灌阳县,450327,一村,800,200
A-TWO,二村合作社,Two Cooperative,广西,灌阳县,450327,二村,700,300
B-FAR,远村合作社,Far Cooperative,陕西,永寿县,610426,远村,600,200
""",
    "households.csv": """\
code,cooperative,village,shares,people,joined_on
A-ONE-001,A-ONE,一村,500,3,2019-07-20
A-TWO-001,A-TWO,二村,100,4,2016-05-09
B-FAR-001,B-FAR,远村,100,2,2018-11-07
""",
    "products.csv": """\
sku,produce,name_zh,name_en,category,pack,net_grams,price_fen,season_from,season_to,shelf_days,\
ship_within_hours,return_days,temperature,gi_certificate,cooperative
P-1,P,雪梨,snow pear,新鲜水果,5斤装,2500,2480,7,9,30,48,1,ambient,,A-ONE
P-2,P,雪梨,snow pear,新鲜水果,9斤礼盒,4500,4580,7,9,30,48,1,ambient,,A-ONE
P-1,P,雪梨,snow pear,新鲜水果,5斤装,2500,2580,7,9,30,48,1,ambient,,A-TWO
N-1,N,鲜牛肉,beef,禽畜蛋肉,2斤装,1000,9600,1,12,4,24,1,chilled,,B-FAR
""",
    "deliveries.csv": """\
lot,household,produce,delivered_on,grams,grade
L1,A-ONE-001,P,2026-01-05,10000,A
L2,A-TWO-001,P,2026-01-06,20000,B
L3,B-FAR-001,N,2026-01-07,30000,A
""",
    "promises.csv": """\
household,produce,from,to,grams,grams_per_day
A-ONE-001,P,2026-01-09,2026-01-18,5000,1000
B-FAR-001,N,2026-01-09,2026-01-18,8000,500
""",
}


def write_folder(folder: Path) -> Path:
    """Write the five files, which are without fault."""
    for name, content in FILES.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def spoil(folder: Path, file: str, old: str | bytes, new: str | bytes) -> None:
    """Replace what stands exactly once in a file."""
    before = old.encode() if isinstance(old, str) else old
    after = new.encode() if isinstance(new, str) else new
    content = (folder / file).read_bytes()
    assert content.count(before) == 1, f"{old!r} stands {content.count(before)} times in {file}"
    (folder / file).write_bytes(content.replace(before, after))
