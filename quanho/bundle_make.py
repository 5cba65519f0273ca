"""`quanho bundle make`: a description, options and images become a signed file."""

import argparse
import os
import stat
from pathlib import Path

from firmware_bridge.bundle.draft import Draft, DraftImage, manifest_of
from firmware_bridge.bundle.keys import KeyProblem
from firmware_bridge.bundle.make import make_bundle
from firmware_bridge.bundle.manifest import IMAGE_BYTES
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from quanho.bundle_report import print_refusal, summary, summary_lines
from quanho.lang import say
from quanho.passphrase import key_of
from quanho.report import print_json, print_lines
from quanho.trust_place import now
from runtime.config import load
from runtime.durable_file import replace_file
from telemetry.errors import ConfigError, Problem
from telemetry.said import as_is, reason_of, said, without

_OPTIONS = ("board", "chip", "firmware", "version", "minimum_previous", "build_id", "flash_bytes")


def make(arguments: argparse.Namespace) -> int:
    """Write the bundle and return the exit code."""
    try:
        return _made(arguments)
    except BundleRefused as refused:
        return print_refusal(refused, str(arguments.out), as_json=arguments.json, is_made=True)
    except KeyProblem as error:
        raise ConfigError([Problem(str(arguments.key), "", without(f"{arguments.key}: ", reason_of(error)))]) from error


def _made(arguments: argparse.Namespace) -> int:
    draft = _draft(arguments)
    contents = {image.file: _content(image.file) for image in draft.image}
    manifest, images = manifest_of(draft, contents, now())
    if os.path.lexists(arguments.out) and not arguments.force:
        raise ConfigError([Problem(str(arguments.out), "", "is there already; choose another name or add --force")])
    data = make_bundle(manifest, images, key_of(arguments.key, arguments.passphrase_file))
    try:
        replace_file(arguments.out, data, 0o644)
    except OSError as error:
        raise ConfigError([Problem(str(arguments.out), "", f"cannot be written: {error.strerror}")]) from error
    facts = summary(manifest, images) | {"file": str(arguments.out), "bytes": len(data)}
    if arguments.json:
        print_json({"ok": True} | facts)
    else:
        print_lines([f"{arguments.out}: {len(data):,} {say('byte', 'bytes')}", *summary_lines(facts)])
    return 0


def _draft(arguments: argparse.Namespace) -> Draft:
    """Return the description with the options over it; image files are told relative to the description."""
    if arguments.description is None:
        draft = Draft()
    else:
        draft = load(arguments.description, Draft)
        home = arguments.description.parent
        draft = draft.model_copy(update={"image": tuple(image.model_copy(update={"file": home / image.file}) for image in draft.image)})
    given = {name: value for name in _OPTIONS if (value := getattr(arguments, name)) is not None}
    if arguments.image:
        given["image"] = tuple(DraftImage(file=path, address=address) for address, path in arguments.image)
    return draft.model_copy(update=given)


def _content(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise BundleRefused(said(f"{path} không phải tệp thường", f"{path} is no regular file"), Cause.UNREADABLE)
            content = file.read(IMAGE_BYTES + 1)
    except OSError as error:
        raise BundleRefused(as_is(f"{path}: {error.strerror}"), Cause.UNREADABLE) from error
    if len(content) > IMAGE_BYTES:
        raise BundleRefused(
            said(f"{path}: quá {IMAGE_BYTES} byte, giới hạn của một ảnh", f"{path}: more than {IMAGE_BYTES} bytes, the limit of an image"),
            Cause.TOO_LARGE,
        )
    return content
