"""What the room's page shows of a session's channels on other platforms."""

import re
from dataclasses import dataclass
from functools import cache

import segno

from livestream.sessions.models import SessionChannel

BILIBILI = re.compile(r"^https://(?:www\.|m\.)?bilibili\.com/video/(BV[0-9A-Za-z]{10})\b")
TENCENT = re.compile(r"^https://v\.qq\.com/x/(?:page|cover/[0-9a-z]+)/([a-z][0-9a-z]{10})\.html")


@dataclass(frozen=True)
class Elsewhere:
    """A channel on another platform: a player to embed, or an address to scan."""

    channel: SessionChannel
    player: str
    qr: str


def player_of(address: str) -> str:
    """The player's address of a video at Bilibili or Tencent; empty for everything else."""
    if found := BILIBILI.match(address):
        return f"https://player.bilibili.com/player.html?bvid={found[1]}&autoplay=1"
    if found := TENCENT.match(address):
        return f"https://v.qq.com/txp/iframe/player.html?vid={found[1]}&autoplay=true"
    return ""


@cache
def qr_of(address: str) -> str:
    """A QR code as SVG that takes its place's width."""
    return segno.make(address, error="m").svg_inline(border=2, omitsize=True, light="#fff")


def elsewhere(channels: list[SessionChannel]) -> list[Elsewhere]:
    """The channels on other platforms, in their order."""
    return [
        Elsewhere(
            channel,
            player_of(channel.address),
            qr_of(channel.address) if channel.address.startswith("https://") else "",
        )
        for channel in channels
        if channel.platform != SessionChannel.Platform.OWN
    ]
