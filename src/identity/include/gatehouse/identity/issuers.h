// identity/issuers.h — whose tokens are believed, and what they must say: our own, and those of configured outside issuers.
// Rules    a token's "iss" picks the issuer; one without is a legacy issuer's, or nobody's. An outside issuer's tokens never carry
//          platform:admin, nor more than their tenant has, and are never for the tenant "system"
// Life     a part of the directory: issuers whose keys or rules have changed are other objects
// Threads  immutable
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gatehouse/identity/key_source.h"
#include "gatehouse/identity/name_list.h"
#include "gatehouse/wire/jose/claims.h"

namespace gatehouse::identity {

struct Issuer {
  std::string name;  // as the configuration calls it
  wire::ClaimRules rules;
  NameList tenants = NameList::everything();  // that its tokens may be for
  KeySource::Keys keys;                       // null: they have not come yet
  KeySource* source = nullptr;        // where newer ones come from; outlives whoever knows the issuer. Null: there are no newer ones
  bool legacy = false;                // no iss, aud, jti and typ; revoked by the SHA-256 of the token
  std::optional<std::int64_t> until;  // seconds since 1970: from then on nothing of it is taken
};
using IssuerPtr = std::shared_ptr<const Issuer>;

struct Issuers {
  std::string own = "gatehouse";      // what "iss" says in our own tokens
  std::vector<std::string> formerly;  // what it said before
  std::vector<IssuerPtr> outside;
  // By its name in the configuration. Null: there is none.
  IssuerPtr find(std::string_view name) const;
};
using IssuersPtr = std::shared_ptr<const Issuers>;

}  // namespace gatehouse::identity
