#include "generator.h"

#include <algorithm>
#include <utility>

#include "gatehouse/wire/anthropic/replies.h"
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

}  // namespace

Generator::Generator(const ServedModels& models, const Ceilings& ceilings, const Doorkeeper& doorkeeper, RandomSource& random,
                     const CurrentBodyLimits& bodies, Levels& levels, const Ending& ending, std::vector<Running>& running,
                     ContentRules contents, Governor& governor)
    : authorizer_(models, ceilings),
      measure_(ending),
      doorkeeper_(doorkeeper),
      random_(random),
      contents_(std::move(contents)),
      bodies_(bodies),
      levels_(levels),
      governor_(governor),
      ending_(ending),
      running_(running),
      parsers_(running.size()) {}

Task<void> Generator::run(const Received& received, Egress& egress, Ledger& ledger) {
  net::Exchange& exchange = received.exchange();
  Reactor& reactor = exchange.reactor();
  const auto here = static_cast<std::size_t>(reactor.index());

  Result<std::string_view> body = co_await exchange.read_body(bodies_.of(received.route()));
  if (!body) co_return egress.respond(body.error());
  const Result<Identified> identified = co_await doorkeeper_.identify(received, egress.client(), *body);
  if (!identified) co_return egress.respond(identified.error());
  ledger.principal = identified->shared_principal();
  Running::Seat seat(running_[here], identified->principal());
  Result<Generation> parsed = read_generation(received.route().action, parsers_[here], *body);
  exchange.drop_body();
  if (!parsed) co_return egress.respond(parsed.error());
  const std::size_t asked = parsed->prompt.messages.size();
  Result<Permitted> permitted = authorizer_.permit(*identified, seat, std::move(*parsed));
  if (!permitted) co_return egress.respond(permitted.error());

  const Generation& generation = permitted->generation();
  ledger.model = permitted->model().name;
  if (received.route().action == Action::count_tokens) co_return co_await count(reactor, *permitted, egress);
  AnswerFacts facts(id_for(generation.shape), ledger.model, unix_seconds(received.at()));
  const std::unique_ptr<Answer> answer = make_answer(egress, levels_, generation, std::move(facts));
  std::optional<Tab> tab;
  Outcome outcome = co_await attempt(*permitted, *answer, egress, tab);
  if (worth_another_try(outcome)) {
    const Instant until = reactor.clock().now() + restart_patience;
    Status ready = co_await permitted->model().engine->until_ready(reactor, until);
    if (ready) {
      if (tab) tab->forgive();
      outcome = co_await attempt(*permitted, *answer, egress, tab);
    }
  }
  if (tab && outcome.generated_for) tab->settle(outcome.usage);
  // Once it is known that it was let through: masking is work for whoever may ask for any.
  if (outcome.generated_for && contents_.keep(identified->principal().tenant)) ledger.content = content_of(generation.prompt, asked);
  ledger.usage = outcome.usage;
  ledger.generated_for = outcome.generated_for;
  ledger.finish = outcome.finish;
  if (outcome.error && !outcome.answered) {
    egress.respond(*outcome.error);
  } else if (outcome.error) {
    egress.note(*outcome.error);
  }
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

Task<Outcome> Generator::attempt(const Permitted& permitted, Answer& answer, Egress& egress, std::optional<Tab>& tab) {
  Reactor& reactor = egress.exchange().reactor();
  Result<Tab> opened = governor_.open(permitted.identified(), permitted.model(), egress.limits());
  if (!opened) co_return outcome_of(std::move(opened).error());
  tab.emplace(std::move(*opened));
  Result<Measured> measured = co_await measure_.measure(reactor, permitted);
  if (!measured) {
    *egress.limits() = tab->fields();
    co_return outcome_of(std::move(measured).error());
  }
  Result<Admitted> admitted = admission_.admit(std::move(*measured), *tab);
  *egress.limits() = tab->fields();
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
      break;
  }
  return random_.uuid();
}

}  // namespace gatehouse::gateway
