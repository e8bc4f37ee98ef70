// An ECDSA signature on P-256 in its two spellings: r and s of 32 bytes each (JWS), and ASN.1 (OpenSSL).
// Source   RFC 7518 section 3.4
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::wire::jose {

constexpr std::size_t es256_bytes = 64;

// Nothing for what has not 64 bytes.
std::optional<std::string> ecdsa_to_asn1(std::string_view raw);
// Nothing for what OpenSSL would not have made.
std::optional<std::string> ecdsa_from_asn1(std::string_view asn1);

}  // namespace gatehouse::wire::jose
