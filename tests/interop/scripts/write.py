"""Writes codes by three libraries that are not ours. stdin: {"seed": hex, "kid": hex}; stdout: {library: code}."""

import json
import sys
import zlib

import base45
import cbor2
import claim169
import cwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pycose.headers import KID, Algorithm
from pycose.algorithms import EdDSA
from pycose.keys import OKPKey
from pycose.keys.curves import Ed25519
from pycose.messages import Sign1Message

asked = json.load(sys.stdin)
seed, kid = bytes.fromhex(asked["seed"]), bytes.fromhex(asked["kid"])
private = Ed25519PrivateKey.from_private_bytes(seed)
public = private.public_key().public_bytes_raw()

ISSUED, EXPIRES = 1_790_000_000, 2_100_000_000
identity = {1: "QID1", 4: "Lê Thị Ánh", 8: "19900517", 9: 2}
claims = {1: "urn:other", 2: "S1", 4: EXPIRES, 5: ISSUED, 6: ISSUED, 169: identity}


def text(message):
    return base45.b45encode(zlib.compress(message)).decode()


def by_claim169():
    said = claim169.Claim169Input(id="QID1", full_name="Lê Thị Ánh")
    said.date_of_birth, said.gender = "19900517", 2
    around = claim169.CwtMetaInput(issuer="urn:other", expires_at=EXPIRES)
    around.subject, around.not_before, around.issued_at = "S1", ISSUED, ISSUED
    return claim169.encode_with_signer(said, around, lambda _algorithm, _kid, data: private.sign(data), "EdDSA", key_id=kid)


def by_pycose():
    message = Sign1Message(phdr={Algorithm: EdDSA}, uhdr={KID: kid}, payload=cbor2.dumps(claims))
    message.key = OKPKey(crv=Ed25519, d=seed, x=public)
    return text(message.encode())


def by_cwt():
    key = cwt.COSEKey.new({1: 1, 3: -8, -1: 6, -2: public, -4: seed, 2: kid})
    signed = cwt.COSE.new(alg_auto_inclusion=True, kid_auto_inclusion=True)
    return text(signed.encode(cbor2.dumps(claims), key))


json.dump({"claim169": by_claim169(), "pycose": by_pycose(), "cwt": by_cwt()}, sys.stdout)
