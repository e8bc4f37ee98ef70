#include "idempotency.h"

#include <string>
#include <utility>

#include "gatehouse/telemetry/log.h"

namespace gatehouse::gateway {
namespace {

constexpr std::size_t most_calls = 1'000'000;  // of a tenant
constexpr std::size_t most_of_tenant = 256UL * 1024 * 1024, most_of_all = 2UL * 1024 * 1024 * 1024;

Error refused(std::string_view reason, std::string text) {
  return Error(Code::conflict, Origin::caller, reason, std::move(text)).with_param("Idempotency-Key");
}

Error in_flight() {
  return refused("idempotency_key_in_flight", "A request with this Idempotency-Key is being answered: ask again in a moment")
      .with_retry(Retry::after(seconds(1)));
}

Error reused() {
  return Error(Code::unprocessable, Origin::caller, "idempotency_key_reused",
               "This Idempotency-Key came with another body before: another request needs another key")
      .with_param("Idempotency-Key");
}

Error broken_off() {
  return refused("idempotent_call_broken_off",
                 "The request with this Idempotency-Key was broken off; what it used is charged, once: to ask again, use another key");
}

Error not_kept() {
  return refused("idempotent_answer_not_kept",
                 "The request with this Idempotency-Key was answered, and that answer was too large to be kept: to ask again, use another "
                 "key");
}

Error too_many() {
  return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded",
               "Too many requests with an Idempotency-Key in a day; one without is answered")
      .with_retry(Retry::later());
}

// With its length before it, so that no two lists of texts look alike.
void put(std::string& text, std::string_view part) { text.append(std::to_string(part.size())).append(":").append(part); }

std::string_view text_of(const store::Digest& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

telemetry::Counter& counter(telemetry::Metrics& metrics, const char* outcome) {
  return metrics.counter("gatehouse_idempotent_requests_total", "Requests with an Idempotency-Key, and what they came to",
                         {{"outcome", outcome}});
}

void note(const Status& done) {
  if (!done) telemetry::log::warn("gateway", "what became of an idempotent call is not kept yet", {{"error", done.error().describe()}});
}

}  // namespace

Idempotency::Idempotency(const identity::House& house, RandomSource& random, telemetry::Metrics& metrics)
    : calls_(house.store().idempotent_calls()),
      hasher_(house.secrets()),
      sealer_(house.sealer()),
      random_(random),
      first_(counter(metrics, "first")),
      replayed_(counter(metrics, "replayed")),
      refused_(counter(metrics, "refused")) {}

// A body is JSON, and what is hashed with this key elsewhere is not.
OnceRequest Idempotency::name(const Identified& identified, std::string_view key, std::string_view body) const {
  const identity::Principal& who = identified.principal();
  const Route& route = identified.received().route();
  std::string text = "idempotent call 1\n";
  put(text, std::to_string(who.tenant_number));
  put(text, who.key ? "key" : "subject");
  put(text, who.key ? std::string_view(who.key->value()) : std::string_view(who.subject));
  put(text, who.token.issuer);
  put(text, to_string(route.method));
  put(text, route.path);
  // What the path names is a part of what is asked.
  const RouteMatch& match = identified.received().match();
  if (!match.parameter.empty()) put(text, match.parameter);
  if (!match.second.empty()) put(text, match.second);
  put(text, key);
  return {hasher_.digest(text), hasher_.digest(body), who.tenant_number};
}

Task<Idempotency::Looked> Idempotency::look(Reactor& reactor, const OnceRequest& request, Looking looking) {
  if (owes_.load(std::memory_order_relaxed)) co_await try_again(reactor);
  const store::Moment now = std::chrono::floor<seconds>(reactor.clock().wall());
  Result<std::optional<store::IdempotentCall>> earlier = std::optional<store::IdempotentCall>();
  if (looking == Looking::begins) {
    store::IdempotentCall call(request.call, request.body, request.tenant_number, now + kept);
    earlier = co_await calls_.begin(reactor, std::move(call), now, most_calls);
  } else {
    earlier = co_await calls_.find(reactor, request.call, now);
  }
  if (!earlier && earlier.error().reason() == "too_many_idempotent_calls") co_return too_many();
  if (!earlier) co_return earlier.error();
  Looked looked = std::optional<KeptAnswer>();
  if (*earlier) looked = answer_of(**earlier, request);
  if (*earlier || looking == Looking::begins) count(looked);
  co_return looked;
}

Idempotency::Looked Idempotency::answer_of(const store::IdempotentCall& earlier, const OnceRequest& request) const {
  if (earlier.request != request.body) return reused();
  switch (earlier.state) {
    case store::CallState::in_flight:
      return in_flight();
    case store::CallState::broken_off:
      return broken_off();
    case store::CallState::unkept:
      return not_kept();
    case store::CallState::answered:
      break;
  }
  const identity::SealedPlace place(identity::SealedPlace::kept_answer, text_of(earlier.id));
  GH_TRY(const Secret<std::string> text, sealer_.open(earlier.sealed_answer, place));
  std::optional<KeptAnswer> answer = read_kept_answer(text.expose());
  if (!answer) return not_kept();
  return answer;
}

void Idempotency::count(const Looked& looked) const {
  if (!looked)
    refused_.add();
  else
    (*looked ? replayed_ : first_).add();
}

// An answer that nobody waits for any more, because its client has gone, is none.
Task<void> Idempotency::end(Reactor& reactor, const OnceRequest& request, const Outcome& outcome, const Recording& recorded) {
  if (!outcome.generated_for) co_return co_await take_back(reactor, request.call);
  const bool gone = outcome.error && outcome.error->code() == Code::cancelled;
  if (!recorded.complete() || gone) co_return co_await break_off(reactor, request);
  Status kept_well = ok();
  if (recorded.answer() == nullptr) {
    kept_well = co_await calls_.end(reactor, request.call, store::CallState::unkept);
  } else {
    const Secret<std::string> text(written(*recorded.answer()));
    const identity::SealedPlace place(identity::SealedPlace::kept_answer, text_of(request.call));
    std::string sealed = sealer_.seal(text, place, random_);
    kept_well = co_await calls_.answer(reactor, request.call, std::move(sealed), store::AnswerRoom(most_of_tenant, most_of_all));
  }
  note(kept_well);
}

Task<void> Idempotency::break_off(Reactor& reactor, const OnceRequest& request) {
  const Status done = co_await calls_.end(reactor, request.call, store::CallState::broken_off);
  note(done);
}

Task<void> Idempotency::take_back(Reactor& reactor, const store::Digest& call) {
  const Status done = co_await calls_.take_back(reactor, call);
  if (done) co_return;
  note(done);
  const std::lock_guard lock(mutex_);
  owed_.push_back(call);
  owes_.store(true, std::memory_order_relaxed);
}

Task<void> Idempotency::try_again(Reactor& reactor) {
  std::vector<store::Digest> owed;
  {
    const std::lock_guard lock(mutex_);
    owed.swap(owed_);
    owes_.store(false, std::memory_order_relaxed);
  }
  for (const store::Digest& call : owed) co_await take_back(reactor, call);
}

}  // namespace gatehouse::gateway
