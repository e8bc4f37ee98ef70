// wire/jose/key_set.h — the keys of one issuer, by name.
// Rules    A JWK that is not for us (another kind or use, an algorithm that is not allowed, too weak) is left out and remembered in
//          ignored(), as RFC 7517 section 5 advises; a name that two keys share makes the whole set void. Private members are not read.
// Limits   64 KiB, 100 keys
// Threads  a value that shares what never changes
// Errors   jwks_too_large, jwks_malformed, jwks_kid_twice, jwks_empty (origin operator)
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/wire/jose/key.h"

namespace gatehouse::wire {

struct JwksOptions {
  // Keys are taken for these. A set that others can read should be limited to JwsAlgorithms::asymmetric().
  JwsAlgorithms algorithms = JwsAlgorithms::all();
};

struct IgnoredJwk {
  std::size_t position;  // in "keys"
  Error why;
};

class JwsKeySet {
 public:
  // A JWK Set, or one JWK.
  static Result<JwsKeySet> parse(std::string_view json, const JwksOptions& options = {});
  static Result<JwsKeySet> make(std::vector<JwsKey> keys);

  const std::vector<JwsKey>& keys() const;
  const std::vector<IgnoredJwk>& ignored() const;
  // {"keys":[…]} without anything private; HS256 keys are left out.
  std::string public_jwks() const;

 private:
  struct State;
  explicit JwsKeySet(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

}  // namespace gatehouse::wire
