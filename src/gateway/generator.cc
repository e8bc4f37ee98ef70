#include "generator.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "gatehouse/wire/anthropic/replies.h"
#include "head_fields.h"
#include "requests.h"

namespace gatehouse::gateway {
namespace {

// How long a request waits for a lost engine to come back before it is told to try again itself.
constexpr seconds restart_patience{5};

Outcome outcome_of(Error error) {
  Outcome outcome;
  outcome.finish = "error";
  outcome.error = std::move(error);
  return outcome;
}

bool worth_another_try(const Outcome& outcome) {
  return outcome.error && outcome.error->reason() == "engine_lost" && !outcome.answered && outcome.usage.completion_tokens == 0;
}

// What could not be had costs nothing, unless it is the asker's own doing.
bool came_to_nothing(const Outcome& outcome) {
  const bool failed = outcome.generated_for && outcome.error && outcome.error->origin() != Origin::caller;
  return failed && !outcome.answered && outcome.usage.completion_tokens == 0;
}

// What an equal request was answered, by the same id, at the price of a call. Settled before it is said.
Outcome tell_kept(Egress& egress, const KeptAnswer& answer, Tab& tab) {
  Outcome outcome;
  outcome.finish = finish_cached;
  outcome.answered = true;
  const std::optional<std::string> cost = settle_repeat(egress, tab);
  net::Response response(answer.status);
  response.body(answer.content_type, cost ? body_at_cost(answer.body, *cost) : answer.body);
  egress.set_cache(cache_hit);
  say_kept(egress, std::move(response), answer.stream);
  return outcome;
}

}  // namespace

Generator::Generator(const ServedModels& models, const Ceilings& ceilings, const Doorkeeper& doorkeeper, RandomSource& random,
                     const CurrentBodyLimits& bodies, Levels& levels, const Ending& ending, std::vector<Running>& running,
                     ContentRules contents, Governor& governor, Idempotency& idempotency, CacheDesk& cache)
    : authorizer_(models, ceilings),
      measure_(ending),
      doorkeeper_(doorkeeper),
      random_(random),
      contents_(std::move(contents)),
      bodies_(bodies),
      levels_(levels),
      governor_(governor),
      idempotency_(idempotency),
      again_(governor, idempotency),
      cache_(cache),
      ending_(ending),
      running_(running),
      parsers_(running.size()) {}

Task<void> Generator::run(const Received& received, Egress& egress, Ledger& ledger) {
  net::Exchange& exchange = received.exchange();
  Reactor& reactor = exchange.reactor();
  const auto here = static_cast<std::size_t>(reactor.index());

  // count_tokens takes none: it costs nothing.
  Result<std::optional<std::string_view>> key = std::optional<std::string_view>();
  if (received.route().action != Action::count_tokens) key = idempotency_key(exchange.head());
  if (!key) co_return egress.respond(key.error());
  Result<std::string_view> body = co_await exchange.read_body(bodies_.of(received.route()));
  if (!body) co_return egress.respond(body.error());
  const Result<Identified> identified = co_await doorkeeper_.identify(received, egress.client(), *body);
  if (!identified) co_return egress.respond(identified.error());
  Running::Seat seat(running_[here], identified->principal());
  std::optional<OnceRequest> once;
  if (*key) once = idempotency_.name(*identified, **key, *body);
  Result<Generation> parsed = read_generation(received.route().action, parsers_[here], *body);
  exchange.drop_body();
  if (!parsed) co_return egress.respond(parsed.error());
  const std::size_t asked = parsed->prompt.messages.size();
  Result<Permitted> permitted = authorizer_.permit(*identified, seat, std::move(*parsed));
  if (!permitted) co_return egress.respond(permitted.error());

  ledger.model = permitted->model().name;
  if (received.route().action == Action::count_tokens) co_return co_await count(reactor, *permitted, egress);
  const OnceRequest* const made_once = once ? &*once : nullptr;
  co_await answer(*permitted, egress, ledger, made_once);
  // Once it is known that it was let through: masking is work for whoever may ask for any.
  if ((ledger.generated_for || ledger.finish == finish_cached) && contents_.keep(identified->principal().tenant))
    ledger.content = content_of(permitted->generation().prompt, asked);
}

Task<void> Generator::answer(const Permitted& permitted, Egress& egress, Ledger& ledger, const OnceRequest* once) {
  const Generation& generation = permitted.generation();
  AnswerFacts facts(id_for(generation.shape), ledger.model, unix_seconds(permitted.identified().received().at()));
  facts.version = permitted.model().version;
  const std::unique_ptr<Answer> answer = make_answer(egress, levels_, generation, std::move(facts));
  std::optional<Tab> tab;
  const Opening opening = open(permitted, egress, tab);
  const Status& opened = opening.status;
  if (!opened && (once == nullptr || !is_used_up(opened))) {
    ledger.finish = "error";
    co_return egress.respond(opened.error());
  }
  Recording recording;
  if (once != nullptr) {
    if (tab) tab->tell(*egress.limits());
    if (cache_.on()) egress.set_cache(cache_bypass);
    const Repeat repeat = co_await again_.look(permitted.identified(), permitted.model(), egress, *once, opening);
    if (repeat != Repeat::is_none) {
      ledger.finish = finish_of(repeat);
      co_return;
    }
    egress.record(recording);
  }
  Outcome outcome;
  if (once == nullptr) {
    outcome = co_await generate_or_tell(permitted, *answer, egress, tab);
  } else {
    outcome = co_await generate_once(permitted, *answer, egress, tab, *once);
    co_await idempotency_.end(egress.exchange().reactor(), *once, outcome, recording);
  }
  if (tab && outcome.generated_for) tab->settle(outcome.usage);
  ledger.usage = outcome.usage;
  ledger.generated_for = outcome.generated_for;
  ledger.finish = outcome.finish;
  if (outcome.error && !outcome.answered) {
    egress.respond(*outcome.error);
  } else if (outcome.error) {
    egress.note(*outcome.error);
  }
  egress.release();
}

// What broke is for the envelope to say.
Task<Outcome> Generator::generate_once(const Permitted& permitted, Answer& answer, Egress& egress, std::optional<Tab>& tab,
                                       const OnceRequest& once) {
  std::exception_ptr broke;
  Outcome outcome;
  try {
    outcome = co_await generate(permitted, answer, egress, tab, &once.call);
  } catch (...) {
    broke = std::current_exception();
  }
  if (broke) {
    co_await idempotency_.break_off(egress.exchange().reactor(), once);
    std::rethrow_exception(broke);
  }
  const bool is_gone = outcome.error && outcome.error->code() == Code::cancelled;
  if (outcome.generated_for && outcome.error && !outcome.answered && !is_gone) {
    egress.respond(*outcome.error);
    outcome.answered = true;
  }
  co_return outcome;
}

Task<Outcome> Generator::generate_or_tell(const Permitted& permitted, Answer& answer, Egress& egress, std::optional<Tab>& tab) {
  const std::optional<CacheQuestion> question = cache_.question_of(permitted);
  if (!question) {
    if (cache_.on()) egress.set_cache(cache_bypass);
    co_return co_await generate(permitted, answer, egress, tab, nullptr);
  }
  CacheDesk::Visit visit(cache_, permitted.identified(), permitted.seat(), *question);
  Status waited = co_await visit.wait(ending_);
  if (!waited) co_return outcome_of(std::move(waited).error());
  if (const AnswerPtr told = visit.told()) co_return tell_kept(egress, *told, *tab);
  egress.set_cache(question->asking == Asking::anew ? cache_refresh : cache_miss);
  Recording recording;
  egress.note_down(recording);
  Outcome outcome = co_await generate(permitted, answer, egress, tab, nullptr);
  egress.forget_recording();
  visit.end(outcome, recording, tab->ran_dry());
  co_return outcome;
}

Task<Outcome> Generator::generate(const Permitted& permitted, Answer& answer, Egress& egress, std::optional<Tab>& tab,
                                  const store::Digest* mark) {
  if (mark != nullptr) tab->mark(*mark);
  Outcome outcome = co_await attempt(permitted, answer, egress, *tab);
  if (worth_another_try(outcome)) {
    Reactor& reactor = egress.exchange().reactor();
    const Instant until = reactor.clock().now() + restart_patience;
    const Status ready = co_await permitted.model().engine->until_ready(reactor, until);
    if (ready) {
      tab->forgive();
      Status opened = open(permitted, egress, tab).status;
      if (!opened) co_return outcome_of(std::move(opened).error());
      if (mark != nullptr) tab->mark(*mark);
      outcome = co_await attempt(permitted, answer, egress, *tab);
    }
  }
  if (came_to_nothing(outcome)) {
    tab->forgive();
    outcome.usage = Usage();
    outcome.generated_for.reset();
  }
  co_return outcome;
}

// The engine renders and counts, and computes nothing.
Task<void> Generator::count(Reactor& reactor, const Permitted& permitted, Egress& egress) const {
  Result<Measured> measured = co_await measure_.measure(reactor, permitted);
  if (!measured) co_return egress.respond(measured.error());
  std::string body;
  wire::write_token_count(body, measured->prompt().prompt_tokens);
  net::Response response(200);
  response.body("application/json", std::move(body));
  egress.respond(std::move(response));
}

Opening Generator::open(const Permitted& permitted, Egress& egress, std::optional<Tab>& tab) {
  Opening opening;
  Result<Tab> opened = governor_.open(permitted.identified(), permitted.model(), egress.limits(), &opening.counted);
  if (opened) {
    tab.emplace(std::move(*opened));
  } else {
    opening.status = std::move(opened).error();
  }
  return opening;
}

Task<Outcome> Generator::attempt(const Permitted& permitted, Answer& answer, Egress& egress, Tab& tab) {
  const WhenGone gone = when_gone(egress, permitted.generation());
  Result<Measured> measured = co_await measure_.measure(egress.exchange().reactor(), permitted, gone);
  if (!measured) {
    tab.tell(*egress.limits());
    co_return outcome_of(std::move(measured).error());
  }
  Result<Admitted> admitted = admission_.admit(std::move(*measured), tab);
  tab.tell(*egress.limits());
  if (!admitted) co_return outcome_of(std::move(admitted).error());
  co_return co_await dispatch(egress, *admitted, answer, ending_);
}

std::string Generator::id_for(AnswerShape shape) {
  switch (shape) {
    case AnswerShape::chat:
      return "chatcmpl-" + random_.hex(24);
    case AnswerShape::completion:
      return "cmpl-" + random_.hex(24);
    case AnswerShape::messages:
      return "msg_" + random_.hex(24);
    case AnswerShape::llm_generate:
    case AnswerShape::oip_generate:
      break;
  }
  return random_.uuid();
}

}  // namespace gatehouse::gateway
