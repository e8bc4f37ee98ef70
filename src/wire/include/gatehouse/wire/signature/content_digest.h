// wire/signature/content_digest.h — Content-Digest: what a body must be.
// Rules    sha-256 and sha-512 are looked at, all that are there must be right; other digests say nothing
// Threads  value type
// Errors   digest_malformed → unauthenticated, origin caller: no digest that is known here, or not in its shape
// Source   RFC 9530
#pragma once
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::wire {

class ContentDigest {
 public:
  static Result<ContentDigest> read(const RequestHead& head);
  bool holds(std::string_view body) const;

 private:
  std::string sha256_, sha512_;  // empty: not said
};

}  // namespace gatehouse::wire
