"""The media server of one desk: where it is missing, and what it is told."""

import pytest

from deploy.embedded import media
from deploy.embedded.desk import Desk


def test_without_nginx_the_site_has_no_video_and_one_sentence_says_how_to_get_it(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(media, "MODULES", [tmp_path / "ngx_rtmp_module.so"])
    desk = Desk(
        given={"DATABASE_URL": "x", "REDIS_URL": "x", "STRIPE_API_KEY": "x"}, folder=tmp_path
    )

    assert desk.media is None
    assert not [name for name in desk.environment() if name.startswith("LIVE_INGEST")]
    assert "apt-get install nginx libnginx-mod-rtmp ffmpeg" in media.HOW_TO_GET_IT
    with pytest.raises(FileNotFoundError):
        media.Media(1, 2, tmp_path / "video").prepare("http://127.0.0.1:8000", "secret")


def test_another_media_server_that_is_named_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr(media, "is_there", lambda: True)

    assert Desk(given={"LIVE_RTMP_URL": "rtmp://elsewhere/ingest"}, folder=tmp_path).media is None
    assert Desk(given={}, folder=tmp_path).media is not None


def test_what_it_is_told_keeps_keys_out_of_logs_and_the_inner_application_closed(
    tmp_path, monkeypatch
):
    for name in ("_program", "_module"):
        monkeypatch.setattr(media, name, lambda: tmp_path / "there")
    monkeypatch.setattr(media, "service_user", lambda: None)
    server = media.Media(1935, 8080, tmp_path / "video")

    command = server.prepare("http://127.0.0.1:8000", "between-us")

    text = (server.home() / "nginx.conf").read_text()
    assert command[-1] == "stderr"
    assert (server.home() / "nginx.conf").stat().st_mode & 0o777 == 0o600
    assert "error_log stderr crit;" in text
    inner = text.split("application live")[1]
    assert "allow publish 127.0.0.1;" in inner
    assert "deny publish all;" in inner
    assert text.count("deny play all;") == 2
    assert text.count("listen 127.0.0.1:") == 2
