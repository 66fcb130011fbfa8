"""Reads codes by three libraries that are not ours. stdin: {"public": hex, "codes": [text]}; stdout: a list for each code."""

import json
import sys
import zlib

import base45
import cbor2
import claim169
import cwt
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import CoseMessage

asked = json.load(sys.stdin)
public = bytes.fromhex(asked["public"])


def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(held) for key, held in value.items()}
    return value.hex() if isinstance(value, bytes) else value


def by_claim169(code):
    read = claim169.decode_with_ed25519(code, public, validate_timestamps=False)
    assert read.is_verified()
    said, around = read.claim169, read.cwt_meta
    return {
        "1": around.issuer,
        "2": around.subject,
        "4": around.expires_at,
        "5": around.not_before,
        "6": around.issued_at,
        "169": {"1": said.id, "4": said.full_name, "8": said.date_of_birth, "9": said.gender},
    }


def by_pycose(code):
    message = CoseMessage.decode(zlib.decompress(base45.b45decode(code)))
    message.key = OKPKey(crv=Ed25519, x=public)
    assert message.verify_signature()
    return plain(cbor2.loads(message.payload))


def by_cwt(code):
    message = zlib.decompress(base45.b45decode(code))
    kid = cbor2.loads(message).value[1][4]
    key = cwt.COSEKey.new({1: 1, 3: -8, -1: 6, -2: public, 2: kid})
    return plain(cbor2.loads(cwt.COSE.new().decode(message, key)))


def attempt(reader, code):
    try:
        return reader(code)
    except Exception as error:
        return {"error": type(error).__name__}


readers = {"claim169": by_claim169, "pycose": by_pycose, "cwt": by_cwt}
json.dump([{name: attempt(reader, code) for name, reader in readers.items()} for code in asked["codes"]], sys.stdout)
