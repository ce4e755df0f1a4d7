"""Which piece of a pasted text is the name of a person."""

import re

SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏"
    "吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱"
    "严覃武戴莫孔向汤常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁"
    "尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时"
    "穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾"
    "隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮"
)
_DOUBLE = re.compile("欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|司徒|令狐|夏侯")
TITLES = "先生|女士|小姐|老师|同学|师傅|阿姨|叔叔|教授|经理|主任|大姐|大哥|大爷|奶奶|医生"
_TITLED = re.compile(rf"[\u4e00-\u9fff·]{{1,4}}(?:{TITLES})")
_PLACE_END = tuple(
    "省市区县镇乡村路街道号楼栋幢室院校店城苑园府庄里弄巷厦座层组队屯寨湾塔学馆站所场部厅处局社铺桥"
    "坡岭坪门口旁边东西南北侧内外家单元房户仓库厂司台"
)
_MINORITY = re.compile(r"[\u4e00-\u9fff]{1,10}·[\u4e00-\u9fff·]{1,12}")
_LATIN = re.compile(r"[A-Za-z][A-Za-z.'~-]{1,60}")
_LATIN_WORDS = re.compile(r"(?<![^\s,;|])([A-Za-z][a-z.'-]+(?: [A-Z][a-z.'-]+)+)(?![^\s,;|])")
TIE = "~"


def bind_latin(text: str) -> str:
    """Tie the words of a Latin name together, so that "Li Wei" is one piece."""
    return _LATIN_WORDS.sub(lambda found: found[1].replace(" ", TIE), text)


def unbind(text: str) -> str:
    """The text without the ties."""
    return text.replace(TIE, " ")


def is_name(piece: str) -> bool:
    """Whether a piece is surely a name: a surname and one or two characters, or with a title."""
    if _TITLED.fullmatch(piece) or _MINORITY.fullmatch(piece):
        return True
    if not re.fullmatch(r"[\u4e00-\u9fff]{2,4}", piece) or piece.endswith(_PLACE_END):
        return False
    if _DOUBLE.match(piece):
        return len(piece) in (3, 4)
    return piece[0] in SURNAMES and len(piece) <= 3


def choose(before: list[str], behind: list[str]) -> str:
    """The name among the pieces before and behind the place; empty where it cannot be told."""
    pieces = [*before, *behind]
    sure = [piece for piece in pieces if is_name(piece)]
    titled = [piece for piece in sure if _TITLED.fullmatch(piece)]
    if len(titled) == 1:
        return titled[0]
    if sure:
        return sure[0] if len(sure) == 1 else ""
    latin = [piece for piece in pieces if _LATIN.fullmatch(piece)]
    if len(latin) == 1:
        return latin[0]
    # 小美 or 阿强: a nickname where a name stands first.
    first = before[0] if before else ""
    nick = re.fullmatch(r"[\u4e00-\u9fff]{2,4}", first) and not first.endswith(_PLACE_END)
    return first if nick and not latin else ""
