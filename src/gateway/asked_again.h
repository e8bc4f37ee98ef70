// gateway/asked_again.h — what a request with an Idempotency-Key comes to before anything is made for it: it is the first one, or is told
// what was answered then, or why it cannot be.
// Threads  the reactor of the connection
#pragma once
#include <cstdint>
#include <string_view>

#include "egress.h"
#include "gatehouse/base/result.h"
#include "gatehouse/gateway/served_models.h"
#include "governor.h"
#include "idempotency.h"
#include "pipeline.h"

namespace gatehouse::gateway {

// What the opening of a tab came to: one that is refused may have counted for rates all the same.
struct Opening {
  Status status = ok();
  bool counted = false;
};

// Day's quota or budget: nothing more may be made, and what was made may still be told.
bool is_used_up(const Status& opened);

enum class Repeat : std::uint8_t { is_none, told, refused };
// As the log has it. Before: it is one.
constexpr std::string_view finish_of(Repeat repeat) { return repeat == Repeat::told ? "replayed" : "error"; }

class AskedAgain {
 public:
  AskedAgain(Governor& governor, Idempotency& idempotency) : governor_(governor), idempotency_(idempotency) {}

  // What is asked again counts for rates like every request, and for nothing else. Once it is known that it is none, it is in flight. Else
  // all has been said.
  Task<Repeat> look(const Identified& identified, const ServedModel& model, Egress& egress, const OnceRequest& once,
                    const Opening& opening) const;

 private:
  Governor& governor_;
  Idempotency& idempotency_;
};

// An answer as it was, a stream with its events.
void say_kept(Egress& egress, net::Response response, bool stream);

}  // namespace gatehouse::gateway
