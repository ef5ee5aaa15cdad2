"""The parameters of a communicator's calls between two ranks, by the names of its methods, in their order."""

from __future__ import annotations

__all__ = ["BOTH_WAYS", "PERSISTENT_SENDS", "RECEIVES"]

BOTH_WAYS = {
    "sendrecv": "sendobj dest sendtag recvbuf source recvtag status",
    "Sendrecv": "sendbuf dest sendtag recvbuf source recvtag status",
    "Sendrecv_replace": "buf dest sendtag source recvtag status",
    "Isendrecv": "sendbuf dest sendtag recvbuf source recvtag",
    "Isendrecv_replace": "buf dest sendtag source recvtag",
}
RECEIVES = dict.fromkeys(("recv", "Recv"), "buf source tag status") | dict.fromkeys(
    ("irecv", "Irecv"), "buf source tag"
)
PERSISTENT_SENDS = "Send_init Bsend_init Ssend_init Rsend_init"
