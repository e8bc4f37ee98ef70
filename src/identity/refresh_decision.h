// identity/refresh_decision.h — what becomes of a refresh token that is shown.
// Rules    the newest token of a session is exchanged for its child. The one before it, shown again by the same client within the grace,
//          gets the same child again: two requests that went out together. Any other token that was issued before has been stolen, by
//          whoever shows it or whoever used it: the session ends
// Threads  a pure function
// Source   RFC 9700 section 4.14.2
#pragma once
#include <cstdint>
#include <optional>

#include "gatehouse/base/clock.h"
#include "gatehouse/store/records.h"

namespace gatehouse::identity {

enum class RefreshVerdict : std::uint8_t {
  rotate,      //
  same_child,  //
  reuse,       // the session has to end
  expired,     //
  unknown,     // of no session that there is; or newer than what is kept, which a backup that was put back brings about
};

// A token that was issued here, by what is known of it and of who shows it.
struct ShownToken {
  ShownToken(std::uint32_t generation_, const store::Digest& digest_, const store::Digest& client_)
      : generation(generation_), digest(digest_), client(client_) {}
  std::uint32_t generation;
  store::Digest digest, client;
};

// session: that of the token, where there is one.
RefreshVerdict decide_refresh(const std::optional<store::Session>& session, const ShownToken& shown, store::Moment now, seconds grace);

}  // namespace gatehouse::identity
