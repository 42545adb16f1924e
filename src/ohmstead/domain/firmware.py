"""The statuses that stations tell of firmware, published firmware and logs, and their order (L01, L02, L03, N01).

Both versions are in one table: 1.6 has a part of the statuses of 2.x, and spells two of logs in its own way. A station
may leave steps out (with and without InstallRebooting, L01.FR.32), and may try a download again.
"""

from __future__ import annotations

from collections.abc import Mapping

from ohmstead.domain.procedures import Chain

REBOOT_LOOP = 4
"""Boots in a row, while firmware is being installed, without a word of it: the station does not come up any more."""

_BEGIN = ("DownloadScheduled", "Downloading")
_FAILED = ("DownloadFailed", "InstallationFailed")
_INSTALL = ("InstallScheduled", "Installing", "InstallRebooting", "Installed", "InstallationFailed",
            "InstallVerificationFailed")  # fmt: skip


def _table(rows: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    return {status: frozenset(following) for status, following in rows.items()}


FIRMWARE = Chain(
    next=_table(
        {
            "DownloadScheduled": ("Downloading", "DownloadPaused", "DownloadFailed"),
            "Downloading": ("Downloaded", "DownloadPaused", "DownloadScheduled", "DownloadFailed"),
            "DownloadPaused": ("Downloading", "Downloaded", "DownloadScheduled", "DownloadFailed"),
            "Downloaded": ("SignatureVerified", "InvalidSignature", *_INSTALL),
            "SignatureVerified": _INSTALL,
            "InstallScheduled": _INSTALL[1:],
            "Installing": _INSTALL[2:],
            "InstallRebooting": ("Installing", *_INSTALL[3:]),
            "InstallVerificationFailed": ("InstallRebooting", "InstallationFailed", *_BEGIN),
            "DownloadFailed": _BEGIN,
            "InvalidSignature": _BEGIN,
            "InstallationFailed": (*_BEGIN, "InstallScheduled", "Installing"),
            "Installed": (),
        }
    ),
    done=frozenset({"Installed"}),
    failed=frozenset({*_FAILED, "InvalidSignature", "InstallVerificationFailed"}),
)
PUBLISH = Chain(
    next=_table(
        {
            "DownloadScheduled": ("Downloading", "DownloadPaused", "DownloadFailed"),
            "Downloading": ("Downloaded", "DownloadPaused", "DownloadScheduled", "DownloadFailed"),
            "DownloadPaused": ("Downloading", "Downloaded", "DownloadScheduled", "DownloadFailed"),
            "Downloaded": ("ChecksumVerified", "InvalidChecksum", "Published", "PublishFailed"),
            "ChecksumVerified": ("Published", "PublishFailed"),
            "DownloadFailed": _BEGIN,
            "InvalidChecksum": _BEGIN,
            "PublishFailed": _BEGIN,
            "Published": (),
        }
    ),
    done=frozenset({"Published"}),
    failed=frozenset({"DownloadFailed", "InvalidChecksum", "PublishFailed"}),
)
_UPLOAD_ENDS = ("UploadFailure", "UploadFailed", "BadMessage", "NotSupportedOperation", "PermissionDenied")
LOG = Chain(
    next=_table(
        {
            "Uploading": ("Uploaded", "AcceptedCanceled", *_UPLOAD_ENDS),
            **dict.fromkeys(_UPLOAD_ENDS, ("Uploading",)),
            "AcceptedCanceled": (),
            "Uploaded": (),
        }
    ),
    done=frozenset({"Uploaded"}),
    failed=frozenset(_UPLOAD_ENDS),
    cancelled=frozenset({"AcceptedCanceled"}),
)
