"""Which firmware may follow which on a board."""

from firmware_bridge.bundle.manifest import Manifest
from firmware_bridge.bundle.refusal import BundleRefused, Cause
from firmware_bridge.bundle.version import is_older, precedence
from telemetry.said import said


def may_install(installed: str | None, manifest: Manifest, *, allow_downgrade: bool = False) -> BundleRefused | None:
    """Return why the bundle may not replace version `installed`, None if it may; raise what is returned where nobody can decide otherwise.

    `installed` is what the board says in HELLO, None for a blank board or another firmware. The same version may be written again. A
    version that is no version (a developer's build) is older than any `minimum_previous`. `allow_downgrade` is somebody's explicit wish and
    does not overrule `minimum_previous`.
    """
    if installed is None:
        return None
    try:
        precedence(installed)
    except ValueError:
        known = False
    else:
        known = True
    if known and is_older(manifest.version, installed) and not allow_downgrade:
        vi = f"{manifest.firmware} {manifest.version} cũ hơn {installed} trên bo mạch; nếu thật sự muốn, hãy yêu cầu rõ ràng"
        en = f"{manifest.firmware} {manifest.version} is older than {installed} on the board; ask for it explicitly if that is meant"
        return BundleRefused(said(vi, en), Cause.DOWNGRADE)
    if manifest.minimum_previous is not None and (not known or is_older(installed, manifest.minimum_previous)):
        name, oldest = f"{manifest.firmware} {manifest.version}", manifest.minimum_previous
        vi = f"{name} thay cho {oldest} trở lên, còn bo mạch có {installed}; hãy cài {oldest} trước"
        en = f"{name} replaces {oldest} or later, and the board has {installed}; install {oldest} first"
        return BundleRefused(said(vi, en), Cause.PREVIOUS_TOO_OLD)
    return None
