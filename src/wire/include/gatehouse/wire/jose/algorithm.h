// wire/jose/algorithm.h — the five algorithms that Gatehouse signs and verifies tokens with; there is no other, and no "none".
// Source   RFC 7518 section 3.1, RFC 8037 section 3.1
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::wire {

enum class JwsAlgorithm : std::uint8_t { hs256, rs256, ps256, es256, eddsa };

inline constexpr std::array all_jws_algorithms{JwsAlgorithm::hs256, JwsAlgorithm::rs256, JwsAlgorithm::ps256, JwsAlgorithm::es256,
                                               JwsAlgorithm::eddsa};

std::string_view to_string(JwsAlgorithm algorithm);
// By its exact name.
std::optional<JwsAlgorithm> jws_algorithm(std::string_view name);

// A set of them.
class JwsAlgorithms {
 public:
  constexpr JwsAlgorithms() = default;
  constexpr JwsAlgorithms(JwsAlgorithm one) : bits_(bit(one)) {}  // NOLINT: one algorithm is a set
  static constexpr JwsAlgorithms all() { return JwsAlgorithms(31); }
  // What a key may be used for that everybody may read.
  static constexpr JwsAlgorithms asymmetric() { return JwsAlgorithms(31 & ~bit(JwsAlgorithm::hs256)); }

  constexpr bool contains(JwsAlgorithm one) const { return (bits_ & bit(one)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  // The only one, where there is exactly one.
  std::optional<JwsAlgorithm> only() const;

  friend constexpr JwsAlgorithms operator|(JwsAlgorithms a, JwsAlgorithms b) { return JwsAlgorithms(a.bits_ | b.bits_); }
  friend constexpr JwsAlgorithms operator&(JwsAlgorithms a, JwsAlgorithms b) { return JwsAlgorithms(a.bits_ & b.bits_); }
  friend constexpr bool operator==(JwsAlgorithms, JwsAlgorithms) = default;

 private:
  explicit constexpr JwsAlgorithms(unsigned bits) : bits_(bits) {}
  static constexpr unsigned bit(JwsAlgorithm one) { return 1U << static_cast<unsigned>(one); }
  unsigned bits_ = 0;
};

}  // namespace gatehouse::wire
