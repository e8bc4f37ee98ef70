#include "asked_again.h"

#include <optional>
#include <utility>

namespace gatehouse::gateway {
namespace {

// As it was the first time. The official clients would try a failure again by themselves, and never learn of it.
void say_again(Egress& egress, const KeptAnswer& answer) {
  net::Response response(answer.status);
  response.body(answer.content_type, answer.body).field("Idempotency-Replayed", "true");
  if (!answer.cost.empty()) egress.set_cost(answer.cost);
  if (answer.status >= 400) {
    response.field("x-should-retry", "false");
    egress.note(Error(Code::conflict, Origin::caller, "idempotent_failure_replayed", "The first answer was a failure"));
  }
  say_kept(egress, std::move(response), answer.stream);
}

}  // namespace

bool is_used_up(const Status& opened) { return opened.error().reason() == "quota_exceeded"; }

void say_kept(Egress& egress, net::Response response, bool stream) {
  if (!stream) return egress.respond(std::move(response));
  egress.begin_stream(std::move(response));
  egress.end_stream({});
}

Task<Repeat> AskedAgain::look(const Identified& identified, const ServedModel& model, Egress& egress, const OnceRequest& once,
                              const Opening& opening) const {
  Reactor& reactor = egress.exchange().reactor();
  const Status& opened = opening.status;
  const Looking looking = opened ? Looking::begins : Looking::only;
  const Result<std::optional<KeptAnswer>> earlier = co_await idempotency_.look(reactor, once, looking);
  const bool is_first = earlier && !*earlier;
  if (is_first && opened) co_return Repeat::is_none;
  Status counted = opened;
  if (!opened && !is_first) counted = opening.counted ? ok() : governor_.count_repeat(identified, model, egress.limits());
  if (!counted || !earlier) {
    egress.respond(counted ? earlier.error() : counted.error());
    co_return Repeat::refused;
  }
  say_again(egress, **earlier);
  co_return Repeat::told;
}

}  // namespace gatehouse::gateway
