// Which keys are strong and sound enough for an algorithm.
#pragma once
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/jose/algorithm.h"
#include "jose/openssl.h"

namespace gatehouse::wire::jose {

Status admit(JwsAlgorithm algorithm, EVP_PKEY* pair);

// On the curve, of large order, in its only spelling.
bool sound_ed25519_point(std::string_view point);
// Whether the modulus has the form that a widely sold chip's generator gave it (CVE-2017-15361); such keys can be factored.
bool is_roca(const BIGNUM& modulus);

}  // namespace gatehouse::wire::jose
