#include "refresh_decision.h"

#include <openssl/crypto.h>

namespace gatehouse::identity {
namespace {

bool equal_digests(const store::Digest& a, const store::Digest& b) { return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0; }

bool went_out_together(const store::UsedToken& used, const ShownToken& shown, store::Moment now, seconds grace) {
  return equal_digests(used.digest, shown.digest) && equal_digests(used.client, shown.client) && now < used.at + grace;
}

}  // namespace

RefreshVerdict decide_refresh(const std::optional<store::Session>& session, const ShownToken& shown, store::Moment now, seconds grace) {
  if (!session || shown.generation > session->generation) return RefreshVerdict::unknown;
  if (now >= session->expires) return RefreshVerdict::expired;
  if (shown.generation == session->generation) {
    return equal_digests(session->digest, shown.digest) ? RefreshVerdict::rotate : RefreshVerdict::unknown;
  }
  return session->used && went_out_together(*session->used, shown, now, grace) ? RefreshVerdict::same_child : RefreshVerdict::reuse;
}

}  // namespace gatehouse::identity
