"""Starts a private PostgreSQL server for this checkout, or stops it.

    python scripts/postgres.py start|stop

It listens on loopback only, at AD_FUNNEL_POSTGRES_PORT (54320), in a folder of its own. The one role that may log in is
`ad_funnel`, without a password: whoever is on this machine may, and is no superuser. It writes nothing through to the
disk: it is for trying things out and for tests. Where AD_FUNNEL_POSTGRES_HOST names a server, nothing is started.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PORT = os.environ.get("AD_FUNNEL_POSTGRES_PORT", "54320")
ROLE = "ad_funnel"

ACCESS = """\
host all ad_funnel 127.0.0.1/32 trust
host all ad_funnel ::1/128 trust
"""

SETTINGS = f"""\
listen_addresses = '127.0.0.1'
port = {PORT}
unix_socket_directories = ''
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def main(command: str) -> None:
    if os.environ.get("AD_FUNNEL_POSTGRES_HOST"):
        print(f"AD_FUNNEL_POSTGRES_HOST names the server {os.environ['AD_FUNNEL_POSTGRES_HOST']}: left as it is.")
        return
    owner = None
    if os.geteuid() == 0:  # the server refuses to run as root
        owner = "postgres"
        if owner not in {user.pw_name for user in pwd.getpwall()}:
            sys.exit("PostgreSQL does not run as root, and there is no user postgres to run it. Cure: be another user, "
                     "or install it from the system's packages, which make that user.")
    folder = Path(tempfile.gettempdir()) / f"ad_funnel_postgres_{PORT}_{owner or os.getuid()}"
    if command == "start":
        start(folder, owner)
    elif command == "stop":
        stop(folder, owner)
    else:
        sys.exit(__doc__)


def program(name: str) -> str:
    """Of the newest version that is installed: Debian and Red Hat keep them out of the path."""
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    places.sort(key=lambda place: [int(part) for part in str(place).replace("-", "/").split("/") if part.isdigit()])
    found = [str(place / name) for place in reversed(places) if (place / name).exists()]
    found += [path for path in [shutil.which(name)] if path]
    if not found:
        sys.exit(f"There is no {name}: PostgreSQL's server is not installed here. Cure: install it (Debian, Ubuntu: "
                 "apt-get install postgresql; macOS: brew install postgresql@15), or name a server in "
                 "AD_FUNNEL_POSTGRES_HOST.")
    return found[0]


def run(owner: str | None, *command: str, feed: str | None = None, log: Path | None = None) -> None:
    done = subprocess.run(command, user=owner, group=owner, extra_groups=[] if owner else None, cwd="/",
                          input=feed, capture_output=True, text=True)
    if done.returncode:
        said = log.read_text()[-2000:] if log and log.exists() else done.stdout + done.stderr
        sys.exit(f"{Path(command[0]).name} failed:\n{said}")


def start(folder: Path, owner: str | None) -> None:
    control, log = program("pg_ctl"), folder / "log"
    if not folder.exists():
        folder.mkdir(mode=0o700)
        if owner:
            shutil.chown(folder, owner, owner)
    if folder.is_symlink() or folder.owner() != (owner or pwd.getpwuid(os.getuid()).pw_name):
        sys.exit(f"{folder} belongs to somebody else. Cure: remove it.")
    data = folder / "data"
    if not (data / "ready").exists():
        shutil.rmtree(data, ignore_errors=True)
        run(owner, program("initdb"), "--pgdata", str(data), "--encoding", "UTF8", "--locale", "C", "--no-sync")
        (data / "pg_hba.conf").write_text(ACCESS)
        with (data / "postgresql.conf").open("a") as file:
            file.write(SETTINGS)
        run(owner, program("postgres"), "--single", "-D", str(data), "postgres",
            feed=f"create role {ROLE} login createdb\n\ncreate database {ROLE} owner {ROLE}\n\n")
        (data / "ready").touch()
    if running(data):
        print(f"The server is running at 127.0.0.1:{PORT}.")
        return
    run(owner, control, "--pgdata", str(data), "--log", str(log), "--wait", "start", log=log)
    print(f"Started a server at 127.0.0.1:{PORT}, in {folder}. Build there: dbt build --target postgres")


def running(data: Path) -> bool:
    try:
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), 0)
    except (FileNotFoundError, ProcessLookupError):
        return False
    return True


def stop(folder: Path, owner: str | None) -> None:
    if running(folder / "data"):
        run(owner, program("pg_ctl"), "--pgdata", str(folder / "data"), "--mode", "fast", "--wait", "stop")
    shutil.rmtree(folder, ignore_errors=True)
    print("Stopped the server and removed its folder.")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) == 2 else "")
