"""Why a bundle is refused. The cause is for programs (exit codes, translations), the reason names the thing."""

from enum import StrEnum

from telemetry.errors import RejectedError
from telemetry.said import Said


class Cause(StrEnum):
    """What is wrong, by what somebody must do about it."""

    UNREADABLE = "unreadable"  # the file cannot be read
    NOT_A_BUNDLE = "not-a-bundle"  # another kind of file, or not laid out as a bundle is
    TRUNCATED = "truncated"  # the end is missing: copy it again
    TOO_LARGE = "too-large"  # beyond a limit of docs/specs/bundle.md
    BOMB = "bomb"  # would inflate beyond any firmware
    UNSAFE_NAME = "unsafe-name"  # a member that would be written elsewhere
    UNSAFE_MEMBER = "unsafe-member"  # a link, a folder or a device
    ENCRYPTED = "encrypted"
    DUPLICATE = "duplicate"  # one name, two members: readers would disagree
    INCONSISTENT = "inconsistent"  # two places of the file say different things
    HIDDEN_DATA = "hidden-data"  # bytes that belong to no member
    DAMAGED = "damaged"  # checksum or compressed stream
    NO_MANIFEST = "no-manifest"
    NO_SIGNATURE = "no-signature"
    SIGNATURE_MALFORMED = "signature-malformed"
    SIGNATURE_WRONG = "signature-wrong"  # manifest changed after signing
    KEY_UNKNOWN = "key-unknown"
    KEY_REVOKED = "key-revoked"
    ROTATION_EXPIRED = "rotation-expired"
    FORMAT_UNKNOWN = "format-unknown"  # made by a newer quanho
    MANIFEST_INVALID = "manifest-invalid"
    MEMBER_EXTRA = "member-extra"
    IMAGE_MISSING = "image-missing"
    IMAGE_CHANGED = "image-changed"  # size or hash is not what was signed
    IMAGE_UNFIT = "image-unfit"  # signed, but cannot be for this chip
    DOWNGRADE = "downgrade"
    PREVIOUS_TOO_OLD = "previous-too-old"


class BundleRefused(RejectedError):
    """Nothing of this bundle may be used. `cause` says what to do about it, `reason` names the thing."""

    def __init__(self, reason: Said, cause: Cause) -> None:
        super().__init__(reason)
        self.reason: Said = reason
        self.cause = cause
