# SPDX-License-Identifier: BSD-2-Clause
"""Real HTTP servers in a network namespace, and one of ours that does what they do not (ci.net.odd_http)."""

from __future__ import annotations

import sys
from ci.net.namespace import SERVER_IP
from ci.net.servers import HTTP_PORT, Server, Setup

MODULES = "/usr/lib/apache2/modules"
NGINX_CONFIGURATION = """daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr info;
events {{}}
http {{
    access_log {folder}/access.log;
    {temporary}
    server {{
        listen {address}:{port};
        root {root};
    }}
}}
"""
NGINX_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
APACHE_CONFIGURATION = """ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache2.pid
ErrorLog /dev/stderr
LogLevel info
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
ServerName {address}
Listen {address}:{port}
User www-data
Group www-data
DocumentRoot {root}
<Directory {root}>
    Require all granted
</Directory>
"""


def _nginx(setup: Setup) -> list[str]:
    configuration = setup.folder / "nginx.conf"
    temporary = (f"{kind}_temp_path {setup.folder}/{kind};" for kind in NGINX_TEMPORARY)
    configuration.write_text(
        NGINX_CONFIGURATION.format(
            folder=setup.folder,
            temporary=" ".join(temporary),
            address=SERVER_IP,
            port=HTTP_PORT,
            root=setup.tftp_root,
        )
    )
    return ["nginx", "-e", "stderr", "-p", str(setup.folder), "-c", str(configuration)]


def _apache(setup: Setup) -> list[str]:
    configuration = setup.folder / "apache2.conf"
    configuration.write_text(
        APACHE_CONFIGURATION.format(
            folder=setup.folder,
            modules=MODULES,
            address=SERVER_IP,
            port=HTTP_PORT,
            root=setup.tftp_root,
        )
    )
    setup.tftp_root.parent.chmod(0o711)  # it reads files as www-data
    return ["apache2", "-D", "FOREGROUND", "-f", str(configuration)]


def _odd(setup: Setup) -> list[str]:
    return [
        sys.executable,
        "-m",
        "ci.net.odd_http",
        SERVER_IP,
        str(HTTP_PORT),
        str(setup.tftp_root),
    ]


# Its package would start a server for everybody, so it is not installed.
NGINX = Server("nginx", "nginx", _nginx, (HTTP_PORT,), protocol="tcp", unpacked=True)
APACHE = Server("apache2", "apache2-bin", _apache, (HTTP_PORT,), protocol="tcp")
ODD = Server("python3", "python3", _odd, (HTTP_PORT,), protocol="tcp")
