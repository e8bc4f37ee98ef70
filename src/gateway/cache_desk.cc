#include "cache_desk.h"

#include <functional>
#include <string>
#include <utility>

#include "client_watch.h"
#include "gatehouse/base/decimal.h"
#include "head_fields.h"
#include "time_limit.h"

namespace gatehouse::gateway {
namespace {

// With its length before it, so that no two lists of texts look alike.
void put_text(std::string& text, std::string_view part) { text.append(std::to_string(part.size())).append(":").append(part); }

template <class T>
void put_number(std::string& text, const std::optional<T>& number) {
  put_text(text, number ? std::to_string(*number) : std::string());
}

// All that an answer depends on, what it may not go beyond among it.
std::string description_of(const Permitted& permitted) {
  const Generation& generation = permitted.generation();
  const ServedModel& model = permitted.model();
  std::string text = "cached answer 1\n";
  put_text(text, std::to_string(permitted.identified().principal().tenant_number));
  put_text(text, model.name);
  put_text(text, model.version);
  put_text(text, std::to_string(static_cast<int>(generation.shape)));
  for (const bool flag : {generation.stream, generation.include_usage, generation.echo}) put_text(text, flag ? "1" : "0");
  put_number(text, generation.max_tokens);
  put_text(text, std::to_string(generation.open_allowance));
  const identity::ParameterCeilings& role = permitted.identified().principal().role_grants.ceilings;
  put_number(text, role.max_tokens);
  put_number(text, role.n);
  put_number(text, role.temperature);
  wire::engine::encode(0, generation.prompt, text);
  return text;
}

std::function<void()> wake_on(Reactor& reactor, const std::shared_ptr<Signal>& woken) {
  return [&reactor, woken] { reactor.post([woken] { woken->raise(); }); };
}

bool may_be_told(const Outcome& outcome, bool dry) {
  return outcome.answered && !outcome.error && !dry && (outcome.finish == "stop" || outcome.finish == "length");
}

telemetry::Counter& count_of(telemetry::Metrics& metrics, const char* name, const char* help) { return metrics.counter(name, help); }

}  // namespace

CacheDesk::CacheDesk(const CacheRules& rules, const identity::House& house, telemetry::Metrics& metrics)
    : on_(rules.on),
      hasher_(house.secrets()),
      answers_(rules.size.value(), rules.ttl),
      hits_(count_of(metrics, "gatehouse_cache_hits_total", "Requests that were told the answer to an equal one")),
      shared_(count_of(metrics, "gatehouse_cache_shared_total", "Those of them that waited while it was being made")),
      misses_(count_of(metrics, "gatehouse_cache_misses_total", "Requests that might have been, and for which there was none")) {
  watch(metrics);
}

// Of whom, of what and how, and not yet what. Whoever has unloaded a model has asked that it answers no more.
std::optional<CacheQuestion> CacheDesk::ask(const Identified& identified, const ServedModel& model, engine::Life life) {
  if (life == engine::Life::gone) {
    forget_model(model.number);
    return std::nullopt;
  }
  const CacheWish wish = cache_wish(identified.received().exchange().head());
  if (wish == CacheWish::none) return std::nullopt;
  CacheQuestion question;
  question.key.tenant = identified.principal().tenant_number;
  question.key.model = model.number;
  question.asking = wish == CacheWish::anew ? Asking::anew : Asking::usual;
  return question;
}

std::optional<CacheQuestion> CacheDesk::question_of(const Permitted& permitted) {
  if (!on_ || permitted.generation().prompt.sampling.temperature > 0) return std::nullopt;
  std::optional<CacheQuestion> question = ask(permitted.identified(), permitted.model(), permitted.model().engine->life());
  if (question) question->key.asked = hasher_.digest(description_of(permitted));
  return question;
}

std::optional<CacheQuestion> CacheDesk::question_about(const TensorPermitted& permitted, std::string_view asked) {
  if (!on_) return std::nullopt;
  const ServedModel& model = permitted.model();
  std::optional<CacheQuestion> question = ask(permitted.identified(), model, model.tensors->life());
  if (!question) return std::nullopt;
  std::string text = "cached answer about a text 1\n";
  put_text(text, std::to_string(question->key.tenant));
  put_text(text, model.name);
  put_text(text, model.version);
  put_text(text, asked);
  question->key.asked = hasher_.digest(text);
  return question;
}

CacheDesk::Visit::Visit(CacheDesk& desk, const Identified& identified, Running::Seat& seat, const CacheQuestion& question)
    : desk_(desk),
      identified_(identified),
      seat_(seat),
      reactor_(identified.received().exchange().reactor()),
      woken_(std::make_shared<Signal>(reactor_)),
      turn_(desk.answers_, question.key, identified.principal().tenant, question.asking, reactor_.clock().now(),
            wake_on(reactor_, woken_)) {}

Task<Status> CacheDesk::Visit::wait(const Ending& ending) {
  using Stand = AnswerCache::Turn::Stand;
  const TimeLimit limit(identified_, seat_, ending);
  net::Exchange& exchange = identified_.received().exchange();
  if (turn_.stand() == Stand::waits) {
    has_waited_ = true;
    const ClientWatch watch(exchange, seat_, [this] { woken_->raise(); });
    Deadline alarm(reactor_, [this] { woken_->raise(); });
    for (;;) {
      if (exchange.gone()) co_return client_gone();
      std::optional<Error> over = limit.over(reactor_.clock().now());
      if (over) co_return std::move(*over);
      if (turn_.stand() != Stand::waits) break;
      alarm.arm(limit.next_look(reactor_.clock().now()));
      co_await woken_->wait();
    }
  }
  const bool told = turn_.stand() == Stand::told;
  (told ? desk_.hits_ : desk_.misses_).add();
  if (told && has_waited_) desk_.shared_.add();
  co_return ok();
}

void CacheDesk::Visit::end(const Outcome& outcome, const Recording& recording, bool dry) {
  if (!may_be_told(outcome, dry) || !recording.complete()) return;
  if (recording.answer() == nullptr) return turn_.keep_nothing();
  turn_.keep(*recording.answer(), reactor_.clock().now());
}

void CacheDesk::Visit::keep(KeptAnswer answer) {
  if (answer.body.size() > Recording::most) return turn_.keep_nothing();
  turn_.keep(std::move(answer), reactor_.clock().now());
}

std::optional<std::string> settle_repeat(Egress& egress, Tab& tab) {
  const Usage nothing_made;
  tab.count_repeat();
  tab.tell(*egress.limits());
  const std::optional<limits::Units> cost = tab.cost(nothing_made);
  tab.settle(nothing_made);
  if (!cost) return std::nullopt;
  std::string text = decimal_text(static_cast<std::int64_t>(*cost), 9);
  egress.set_cost(text);
  return text;
}

void CacheDesk::review(const identity::Directory& directory) {
  if (!on_) return;
  answers_.forget_tenants([&directory](const TenantId& tenant, std::uint32_t number) {
    const identity::TenantEntry* const there = directory.tenant(tenant);
    return there != nullptr && there->record.number == number;
  });
}

void CacheDesk::watch(telemetry::Metrics& metrics) {
  using Kind = telemetry::Metrics::Kind;
  metrics.watch(Kind::gauge, "gatehouse_cache_answers", "Answers that are kept for equal requests",
                std::function<double()>([this] { return static_cast<double>(answers_.count().answers); }));
  metrics.watch(Kind::gauge, "gatehouse_cache_bytes", "Memory of those",
                std::function<double()>([this] { return static_cast<double>(answers_.count().bytes); }));
  metrics.watch(Kind::counter, "gatehouse_cache_evictions_total", "Answers that are kept no more, because of their age or for want of room",
                std::function<std::vector<telemetry::Sample>()>([this] {
                  const AnswerCache::Count count = answers_.count();
                  std::vector<telemetry::Sample> samples(2);
                  samples[0].labels = {{"reason", "age"}};
                  samples[0].value = static_cast<double>(count.too_old);
                  samples[1].labels = {{"reason", "room"}};
                  samples[1].value = static_cast<double>(count.crowded_out);
                  return samples;
                }));
}

}  // namespace gatehouse::gateway
