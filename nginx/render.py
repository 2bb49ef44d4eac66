"""Fill in nginx.conf.template without envsubst: `python nginx/render.py --server-name chat.example.com …`.

The template's `${UPPERCASE}` names are replaced; nginx's own `$lowercase` variables stay.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

TEMPLATE = Path(__file__).with_name("nginx.conf.template")
# How often a server may refuse before it is left out, and for how long.
WATCHED = "max_fails=2 fail_timeout=10s"


def render(
    *,
    server_name: str,
    upstreams: Sequence[str],
    cert: str,
    key: str,
    http_port: int = 80,
    https_port: int = 443,
    address: str = "",
    run_dir: str = "/run",
    acme_root: str = "/var/www/html",
    read_timeout: int = 600,
    access_log: str = "/var/log/nginx/access.log",
    error_log: str = "/var/log/nginx/error.log",
    connections_per_address: int = 50,
) -> str:
    """The text of nginx.conf. `upstreams` are host:port, with ` weight=9` behind it if wanted; `address` is what to
    listen on, empty for all. `read_timeout` is in seconds."""
    prefix = f"{address}:" if address else ""
    values = {
        "SERVER_NAME": server_name,
        "UPSTREAM_SERVERS": " ".join(f"server {upstream} {WATCHED};" for upstream in upstreams),
        "TLS_CERT": cert,
        "TLS_KEY": key,
        "HTTP_LISTEN": f"{prefix}{http_port}",
        "HTTPS_LISTEN": f"{prefix}{https_port}",
        "HTTPS_PORT": str(https_port),
        "RUN_DIR": run_dir,
        "ACME_ROOT": acme_root,
        "READ_TIMEOUT": f"{read_timeout}s",
        "ACCESS_LOG": access_log,
        "ERROR_LOG": error_log,
        "CONNECTIONS_PER_ADDRESS": str(connections_per_address),
    }
    return re.sub(r"\$\{([A-Z_]+)\}", lambda match: values[match[1]], TEMPLATE.read_text())


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the rendered file, or write it to --output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server-name", required=True, help="the host name people open")
    parser.add_argument("--upstream", action="append", required=True, help="host:port of a server; may repeat")
    parser.add_argument("--cert", required=True, help="certificate chain, PEM")
    parser.add_argument("--key", required=True, help="its private key, PEM")
    parser.add_argument("--http-port", type=int, default=80)
    parser.add_argument("--https-port", type=int, default=443)
    parser.add_argument("--address", default="", help="address to listen on (default: all)")
    parser.add_argument("--run-dir", default="/run", help="pid file and temporary files; must exist")
    parser.add_argument("--acme-root", default="/var/www/html", help="certbot's --webroot-path")
    parser.add_argument("--read-timeout", type=int, default=600, help="seconds in which an answer may send nothing")
    parser.add_argument("--access-log", default="/var/log/nginx/access.log")
    parser.add_argument("--error-log", default="/var/log/nginx/error.log")
    parser.add_argument("--connections-per-address", type=int, default=50)
    parser.add_argument("--output", type=Path, help="file to write (default: standard output)")
    options = vars(parser.parse_args(arguments))
    output: Path | None = options.pop("output")
    text = render(upstreams=options.pop("upstream"), **options)
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
