#include "jose/ecdsa.h"

#include <array>

#include "jose/openssl.h"

namespace gatehouse::wire::jose {
namespace {

constexpr std::size_t half = es256_bytes / 2;

}  // namespace

std::optional<std::string> ecdsa_to_asn1(std::string_view raw) {
  if (raw.size() != es256_bytes) return std::nullopt;
  const EcSignature signature(ECDSA_SIG_new());
  Number r = number(raw.substr(0, half)), s = number(raw.substr(half));
  if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return std::nullopt;
  static_cast<void>(r.release()), static_cast<void>(s.release());  // the signature has them now
  std::array<unsigned char, es256_bytes + 16> out;
  unsigned char* end = out.data();
  const int length = i2d_ECDSA_SIG(signature.get(), &end);
  if (length <= 0) return std::nullopt;
  return std::string(reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(length));
}

std::optional<std::string> ecdsa_from_asn1(std::string_view asn1) {
  const unsigned char* at = octets(asn1);
  const EcSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(asn1.size())));
  if (!signature) return std::nullopt;
  std::string raw(es256_bytes, '\0');
  const bool fits = BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), octets(raw.data()), half) == half &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), octets(raw.data() + half), half) == half;
  if (!fits) return std::nullopt;
  return raw;
}

}  // namespace gatehouse::wire::jose
