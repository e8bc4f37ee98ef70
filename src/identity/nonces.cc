#include "gatehouse/identity/nonces.h"

#include "admission.h"

namespace gatehouse::identity {
namespace {

Error digest_mismatch() {
  return refused("digest_mismatch", "The body is not the one that Content-Digest is of").with_param("content-digest");
}
Error replayed() {
  return refused("signature_replayed", "A request with this nonce has been taken already: sign each with another one").with_param("nonce");
}
Error too_many_signed() {
  return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded",
               "Too many signed requests at the moment, please try again later")
      .with_retry(Retry::after(seconds(30)));
}

}  // namespace

Task<Status> Nonces::redeem(Reactor& reactor, const Principal& who, std::string_view body) const {
  if (!who.signature) co_return ok();
  const SignatureMarks& marks = *who.signature;
  if (marks.digest ? !marks.digest->holds(body) : !body.empty()) co_return digest_mismatch();
  const store::Moment now = std::chrono::floor<seconds>(reactor.clock().wall());
  const Status taken = co_await store_.take(reactor, marks.nonce, now, most);
  if (taken) co_return ok();
  if (taken.error().reason() == "nonce_taken") co_return replayed();
  co_return taken.error().reason() == "too_many_nonces" ? Status(too_many_signed()) : taken;
}

}  // namespace gatehouse::identity
