// One key as JSON.
// Source   RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2
#pragma once
#include "gatehouse/base/result.h"
#include "gatehouse/wire/jose/key_set.h"
#include "gatehouse/wire/json/value.h"

namespace gatehouse::wire::jose {

// For verifying; of HS256 keys also for signing. Private members of other kinds are not looked at.
Result<JwsKey> read_jwk(const JsonValue& jwk, const JwksOptions& options);

}  // namespace gatehouse::wire::jose
