// identity/signed_requests.h — from the head of a signed request to who asks.
// Rules    hmac-sha256 with a key's signing secret, whose id is `keyid`. It covers @method and @target-uri, and content-digest where there
//          is a body; it says created, within five minutes of our clock, and a nonce of 1 to 256 bytes; where it says expires, that is not
//          over. Whether the key is not there, signs nothing or has another secret does not show; that it is expired or revoked is said to
//          whoever has signed with it. What came with a rotated secret is taken for as long as that secret is
// Order    head, body, nonce: the nonce is taken last of all, once the body is known to be the one that was signed, so that nobody on the
//          way can use it up with another body. Each step looks at the window again, so that a nonce need be kept no longer than it
// Threads  any; made once a reactor
// Errors   signature_malformed, signature_incomplete, signature_late, signature_early, signature_invalid, digest_malformed →
//          unauthenticated; those of admit_key; all origin caller
// Source   RFC 9421, RFC 9530
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/identity/directory.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/identity/sealing.h"
#include "gatehouse/wire/http1/head.h"
#include "gatehouse/wire/signature/message_signature.h"

namespace gatehouse::identity {

inline constexpr std::string_view signature_field = "Signature-Input";

class SignatureVerifier {
 public:
  // sealer: nothing: no signature is right.
  SignatureVerifier(std::optional<Sealer> sealer, std::string public_url, RandomSource& random);

  Result<PrincipalPtr> admit(const wire::RequestHead& head, Scheme scheme, const Directory& directory, WallTime now) const;

 private:
  std::vector<std::string> origins_of(const wire::RequestHead& head, Scheme scheme) const;
  Result<bool> is_made_with(const SealedPlace& place, const std::string& sealed, const wire::MessageSignature& signature,
                            const std::vector<std::string>& bases) const;
  Result<std::optional<store::Digest>> secret_behind(const KeyEntry* key, const wire::MessageSignature& signature,
                                                     const std::vector<std::string>& bases) const;

  const std::optional<Sealer> sealer_;
  const std::string public_url_;  // without a slash at its end
  std::string nobodys_;           // a sealed secret, so that who is not there costs what others cost
};

// Whether a signature says all that it must, and is of now. A pure function.
Status check_signature(const wire::MessageSignature& signature, const wire::RequestHead& head, WallTime now);

}  // namespace gatehouse::identity
