"""Keys for each algorithm, and tokens that PyJWT, Authlib and joserfc make with them."""

import base64
import json
import warnings

import jwt as pyjwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from house import run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib says that it hands this over to joserfc one day
    import authlib.jose as authlib_jose
from joserfc import jwk as joserfc_jwk
from joserfc import jws as joserfc_jws

ALGORITHMS = ("HS256", "RS256", "PS256", "ES256", "EdDSA")
ASYMMETRIC = tuple(name for name in ALGORITHMS if name != "HS256")
LIBRARIES = ("pyjwt", "authlib", "joserfc")
INVALID = "Invalid token"


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def private_key(algorithm):
    if algorithm in ("RS256", "PS256"):
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else ed25519.Ed25519PrivateKey.generate()


def private_pem(key):
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


class Keys:
    """A key for each algorithm, and the set of their public halves in a file."""

    def __init__(self, folder):
        self.secret = b"thirty-two bytes, and some more!"
        self.private = {name: self.secret if name == "HS256" else private_key(name) for name in ALGORITHMS}
        self.jwks = [self._imported(name).as_dict(private=name == "HS256") for name in ALGORITHMS]
        self.path = folder / "jwks.json"
        self.path.write_text(json.dumps({"keys": self.jwks}))

    def _imported(self, name):
        parameters = {"kid": name.lower(), "alg": name, "use": "sig"}
        kind = {"HS256": "oct", "ES256": "EC", "EdDSA": "OKP"}.get(name, "RSA")
        value = self.secret if name == "HS256" else private_pem(self.private[name])
        return joserfc_jwk.import_key(value, kind, parameters)

    def pyjwt(self, name, payload):
        return pyjwt.encode(payload, self.private[name], name, headers={"kid": name.lower(), "typ": "at+jwt"})

    def authlib(self, name, payload):
        key = self.secret if name == "HS256" else private_pem(self.private[name])
        signer = authlib_jose.JsonWebSignature(algorithms=list(ALGORITHMS))
        return signer.serialize_compact({"alg": name, "kid": name.lower()}, json.dumps(payload).encode(), key).decode()

    def joserfc(self, name, payload):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the name EdDSA is to become Ed25519
            return joserfc_jws.serialize_compact({"alg": name, "kid": name.lower()}, json.dumps(payload).encode(), self._imported(name), algorithms=[name])

    def verify(self, token, *options, path=None):
        """(exit code, what is printed)"""
        done = run("jose", "verify", "--jwks", path or self.path, *options, stdin=token.encode() if isinstance(token, str) else token)
        lines = done.stdout.decode().splitlines()
        assert len(lines) == 1, (done.stdout, done.stderr)
        found = json.loads(lines[0])
        assert found["valid"] == (done.returncode == 0) and (found["valid"] or (found["error"] and done.stderr)), found
        return done.returncode, found


def present(house, token, path="/v1/models"):
    reply = house.ask("GET", path, headers={"Authorization": f"Bearer {token}"})
    return reply.status, None if reply.status == 200 else reply.json()["error"]["message"]
