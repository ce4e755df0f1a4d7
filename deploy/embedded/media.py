"""The media server of one desk: Debian's nginx with its RTMP module, where both are installed.

Hosts send to `ingest` with their session's key; the site is asked, and leads the video to `live`
under its public name, which is cut into HLS and recorded. Whoever watches knows that name alone.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from .places import VAR, home_for, open_folder, service_user, write_private

HOW_TO_GET_IT = (
    "our own video is off: on Debian, `apt-get install nginx libnginx-mod-rtmp ffmpeg` as root "
    "brings it; everything else works without it."
)
MODULES = [
    Path(folder) / "nginx" / "modules" / "ngx_rtmp_module.so"
    for folder in ("/usr/lib", "/usr/lib64", "/usr/share", "/usr/local/lib")
]

CONFIGURATION = """\
load_module "{module}";
daemon off;
# Video lives in one process.
worker_processes 1;
pid "{home}/nginx.pid";
# Errors name streams, and the name of an incoming one is its key.
error_log stderr crit;
events {{ worker_connections 1024; }}

rtmp {{
    access_log off;
    server {{
        listen {host}:{rtmp_port};
        chunk_size 4096;
        ping 10s;
        ping_timeout 5s;
        application ingest {{
            live on;
            # A phone that lost its network does not say so.
            drop_idle_publisher 10s;
            on_publish {site}/live/ingest/nginx/?secret={secret};
            on_publish_done {site}/live/ingest/nginx/?secret={secret};
            # By way of the web server below: a site that restarts does not cut who sends.
            on_update http://127.0.0.1:{http_port}/still-sends;
            notify_update_timeout 5s;
            deny play all;
        }}
        application live {{
            live on;
            allow publish 127.0.0.1;
            deny publish all;
            deny play all;
            hls on;
            hls_path "{home}/hls";
            hls_fragment 1s;
            hls_playlist_length 12s;
            # After a cut the numbers go on, so that players do.
            hls_continuous on;
            record all;
            record_path "{home}/recordings";
            record_unique on;
        }}
    }}
}}

http {{
    access_log off;
    types {{
        application/vnd.apple.mpegurl m3u8;
        video/mp2t ts;
        video/mp4 mp4;
    }}
    client_body_temp_path "{home}/temp";
    proxy_temp_path "{home}/temp";
    fastcgi_temp_path "{home}/temp";
    uwsgi_temp_path "{home}/temp";
    scgi_temp_path "{home}/temp";
    server {{
        listen {host}:{http_port};
        add_header Access-Control-Allow-Origin *;
        add_header X-Content-Type-Options nosniff;
        location /hls/ {{
            alias "{home}/hls/";
            add_header Access-Control-Allow-Origin *;
            # By which players see that a playlist is an old one.
            add_header Access-Control-Expose-Headers Date;
            add_header Cache-Control no-cache;
            # Who asks before there is a picture asks again: that is no error.
            error_page 404 =204 /nothing;
        }}
        location = /nothing {{ return 204; }}
        location = /still-sends {{
            allow 127.0.0.1;
            deny all;
            proxy_pass {site}/live/ingest/nginx/?secret={secret};
            proxy_connect_timeout 2s;
            # The RTMP module waits for ten seconds, and then cuts.
            proxy_read_timeout 5s;
            error_page 502 503 504 =204 /nothing;
        }}
        location /replays/ {{ alias "{home}/replays/"; }}
        location / {{ return 404; }}
    }}
}}
"""


@dataclass(frozen=True)
class Media:
    """The media server of a folder, in the ports that it is given."""

    rtmp_port: int
    http_port: int
    directory: Path = VAR / "video"
    host: str = "127.0.0.1"

    def prepare(self, site: str, secret: str) -> list[str]:
        """Write the configuration; return the command that runs it.

        `site` is where the shop answers, as the media server asks it.
        """
        program, module = _program(), _module()
        if program is None or module is None:
            raise FileNotFoundError(HOW_TO_GET_IT)
        home, user = self.home(), service_user()
        for name in ("hls", "recordings", "replays", "temp"):
            open_folder(home / name)
            if user is not None:
                shutil.chown(home / name, user.pw_uid, user.pw_gid)
        file = home / "nginx.conf"
        text = CONFIGURATION.format(
            module=module,
            home=home,
            host=self.host,
            rtmp_port=self.rtmp_port,
            http_port=self.http_port,
            site=site,
            secret=secret,
        )
        write_private(file, text)
        if user is not None:
            shutil.chown(file, user.pw_uid, user.pw_gid)
        return [str(program), "-p", str(home), "-c", str(file), "-e", "stderr"]

    def home(self) -> Path:
        """The folder of what it writes, which its own user may enter."""
        return home_for(self.directory, service_user())

    def environment(self) -> dict[str, str]:
        """What the site has to know of it, besides the secret."""
        address = f"http://localhost:{self.http_port}/"
        return {
            "LIVE_RTMP_URL": f"rtmp://localhost:{self.rtmp_port}/ingest",
            "LIVE_RTMP_INSIDE": f"rtmp://127.0.0.1:{self.rtmp_port}/live",
            "LIVE_VIDEO_URL": address,
            "LIVE_VIDEO_FOLDER": str(self.home()),
        }


def _program() -> Path | None:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def _module() -> Path | None:
    return next((path for path in MODULES if path.exists()), None)


def is_there() -> bool:
    """Whether the machine has what the media server needs."""
    return _program() is not None and _module() is not None
