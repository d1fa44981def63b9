"""``bareface serve``: the web service of a gallery."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from bareface.cli.options import EngineOptions, with_engine
from bareface.cli.output import Json, note, print_json
from bareface.errors import UsageError
from bareface.messages import speaking

_NAME = re.compile(r"[0-9a-z._:-]+")


@with_engine
def serve(
    gallery: Annotated[Path, typer.Argument(metavar="GALLERY", help="The gallery's file; created if absent.")],
    options: EngineOptions,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen at this port; 0: at any free one.")] = 8000,
    host: Annotated[str, typer.Option(help="Listen at this address.")] = "127.0.0.1",
    network: Annotated[
        bool,
        typer.Option("--network", help="Allow an address that other machines can reach. Nothing is encrypted."),
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Also answer to this host name, e.g. a proxy's; repeatable."),
    ] = None,
    behind_proxy: Annotated[
        bool,
        typer.Option("--behind-proxy", help="Believe a proxy's X-Forwarded-Proto: cookies are for HTTPS only then."),
    ] = False,
    shared: Annotated[
        bool | None,
        typer.Option(
            "--shared/--single-user",
            help="Ask for a case with each search and for a name at sign-in; by default with --network only.",
        ),
    ] = None,
    new_token: Annotated[bool, typer.Option("--new-token", help="Make a new token; it ends the former one.")] = False,
    no_originals: Annotated[
        bool, typer.Option("--no-originals", help="Keep no uploaded photos, only templates and crops.")
    ] = False,
    audit_days: Annotated[
        int, typer.Option(min=0, metavar="N", help="Keep events of the audit log for N days; 0: keep no log.")
    ] = 365,
    max_upload: Annotated[int, typer.Option(min=1, metavar="N", help="Refuse longer requests (bytes).")] = 64 * 2**20,
    json: Json = False,
) -> None:
    """Serve a gallery to browsers and programs until Ctrl-C."""
    from bareface.services.access import Access, require_web

    require_web()
    from bareface.services.audit import AuditTrail
    from bareface.services.cases import Cases
    from bareface.services.engine import Engine
    from bareface.services.faces import Faces
    from bareface.services.gallery import Gallery
    from bareface.services.jobs import Jobs
    from bareface.services.models import Models
    from bareface.web.app import make_app
    from bareface.web.server import address_of, bind, is_loopback, run
    from bareface.web.state import Service

    names = tuple(map(_host_name, name or ()))
    if not is_loopback(host) and not network:
        raise UsageError("usage.network", host=host)
    trail = AuditTrail.of(gallery, audit_days) if audit_days else None
    log = trail.log if trail else None
    with bind(host, port) as listener, Gallery.open(gallery, engine=options.for_gallery(), audit=log) as opened:
        if trail is not None:
            trail.check_writable()
        engine = opened.engine
        assert isinstance(engine, Engine)
        access, token = Access.open(gallery, renew=new_token)
        hosts = {"localhost", "127.0.0.1", "::1", host.strip("[]").lower(), *names}
        service = Service(
            opened,
            Faces(engine, audit=log),
            Models(log),
            Cases(opened, log),
            access,
            jobs=Jobs(opened, log, keep=not no_originals),
            trail=trail,
            hosts=frozenset() if network and not name else frozenset(hosts),
            shared=network if shared is None else shared,
            originals=not no_originals,
            max_upload=max_upload,
            behind_proxy=behind_proxy,
        )
        say = partial(_say, gallery, address_of(listener, host), token, json)
        with speaking("service"):  # an outcome is read by whoever sent the photo
            run(make_app(service), listener, say, service.working.end)
        if trail is not None:
            trail.close()


def _host_name(text: str) -> str:
    """Return a host's name as browsers send it: also of an address, or with a port."""
    try:
        named = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        plain = named.rstrip(".").encode("idna").decode()
    except ValueError:
        plain = ""
    if not _NAME.fullmatch(plain):
        raise typer.BadParameter(f"{text!r} is not the name of a host, such as faces.example.org.")
    return plain


def _say(gallery: Path, address: str, token: str | None, json: bool) -> None:
    """Print where the service is, and the token if it was made now."""
    if json:
        print_json({"address": address, "gallery": str(gallery), "token": token})
    else:
        typer.echo(f"{gallery.name} is served at {address}")
        if token is not None:
            typer.echo(f"Open {address}#token={token}")
            typer.echo(f"The token, shown only now: {token}")
        else:
            typer.echo(f"Open {address}")
            note("The token is the one printed at the first start; --new-token makes another.")
        note("Ctrl-C ends the service.")
    if sys.stdout is not None:  # as a service manager may start it
        sys.stdout.flush()
