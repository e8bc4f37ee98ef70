#include "gatehouse/wire/jose/algorithm.h"

namespace gatehouse::wire {

std::string_view to_string(JwsAlgorithm algorithm) {
  switch (algorithm) {
    case JwsAlgorithm::hs256:
      return "HS256";
    case JwsAlgorithm::rs256:
      return "RS256";
    case JwsAlgorithm::ps256:
      return "PS256";
    case JwsAlgorithm::es256:
      return "ES256";
    case JwsAlgorithm::eddsa:
      return "EdDSA";
  }
  return "";
}

std::optional<JwsAlgorithm> jws_algorithm(std::string_view name) {
  for (const JwsAlgorithm one : all_jws_algorithms) {
    if (to_string(one) == name) return one;
  }
  return std::nullopt;
}

std::optional<JwsAlgorithm> JwsAlgorithms::only() const {
  for (const JwsAlgorithm one : all_jws_algorithms) {
    if (*this == JwsAlgorithms(one)) return one;
  }
  return std::nullopt;
}

}  // namespace gatehouse::wire
