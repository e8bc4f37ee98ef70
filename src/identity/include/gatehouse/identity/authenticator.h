// identity/authenticator.h — from the head of a request to who asks.
// Rules    X-API-Key, api-key, Authorization: Bearer, or a signature (signed_requests.h); the same credential may stand in several, two
//          different ones are refused.
//          Unknown and wrong keys answer alike; expired and revoked are said of keys that exist alone
// Cost     a credential is checked once, and again when the directory has changed; else it is a look-up
// Threads  one a reactor, and used on that reactor alone; follow() before it runs or on it
// Errors   ambiguous_credentials → invalid_argument; credential_missing, token_invalid, token_expired, token_revoked,
//          token_tenant_missing, api_key_invalid, api_key_expired, api_key_revoked → unauthenticated; tenant_disabled, user_inactive →
//          permission_denied; all origin caller. No text or detail repeats the credential. Those of signed_requests.h, and
//          signature_required (a plain key, where its tenant takes signed requests alone)
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/directory.h"
#include "gatehouse/identity/principal.h"
#include "gatehouse/identity/sealing.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::identity {

enum class CredentialKind : std::uint8_t { any, api_key };
// Who is asked about a second time, within one request, has not used a credential twice.
enum class Asking : std::uint8_t { first, again };
// How the client has reached us, as it sees it.
enum class Scheme : std::uint8_t { http, https };

struct AuthenticatorParts {
  KeyHasher hasher;
  RandomSource& random;
  DirectoryPtr directory;
  // auth.mode = "off": whoever asks is this one. Null: who shows nothing is refused.
  PrincipalPtr everybody;
  std::optional<Sealer> sealer = {};  // of signing secrets; nothing: no signature is right
  std::string public_url = {};        // under which clients reach us, as they sign it; empty: where they say that they do
};

class Authenticator {
 public:
  explicit Authenticator(AuthenticatorParts parts);
  ~Authenticator();
  Authenticator(Authenticator&&) noexcept;
  Authenticator& operator=(Authenticator&&) noexcept;

  // By its head; of a signed request, the principal's marks are still to be seen to.
  Result<PrincipalPtr> identify(const wire::RequestHead& head, WallTime now, CredentialKind kind, Asking asking = Asking::first,
                                Scheme scheme = Scheme::http);
  // Whose key it is that the head shows, whatever it is refused for; null: none that there is, or that a secret was right for. It may do
  // nothing.
  PrincipalPtr owner_of_refused(const wire::RequestHead& head) const;
  // Whether somebody who was let in may go on.
  Status check_again(const Principal& principal, WallTime now) const;

  void follow(DirectoryPtr next);
  const Directory& directory() const;
  // What keys were used since the last call.
  std::vector<store::KeyUse> take_uses();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// auth.mode = "off": everything but platform:admin, as that tenant.
PrincipalPtr anybody(const store::Tenant& tenant);
// Whoever may open the control socket: everything.
PrincipalPtr operator_at_the_socket();

// What X-API-Key-Error says for the reason of an error: missing, invalid, expired, revoked; empty when it says nothing.
std::string_view api_key_error(std::string_view reason);

}  // namespace gatehouse::identity
