#include "url_reader.h"

#include <string>

#include "freshness.h"

namespace gatehouse::adapters {
namespace {

Error not_served(int status) {
  const bool redirect = status >= 300 && status < 400;
  return operator_error("jwks_not_served", "the server answers with status " + std::to_string(status) +
                                               (redirect ? "; redirects are not followed, name the address that it leads to" : ""));
}

}  // namespace

Task<Result<KeySetText>> UrlReader::read() {
  GH_CO_TRY(wire::HttpReply reply, co_await get_.get());
  if (reply.status != 200) co_return not_served(reply.status);
  const seconds fresh_for = freshness_of(reply);
  co_return KeySetText(std::move(reply.body), fresh_for);
}

}  // namespace gatehouse::adapters
