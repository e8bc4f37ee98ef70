// The order of the stages, and why it is this one:
//   1. Doorkeeper   on the head alone: who cannot be named or may not use the route costs us no body
//   2. (body)       read; only now 100 Continue is sent. Then the doorkeeper is asked again, because a body may take its time. What is
//                   signed is held against the body first, and then its nonce is taken: another body does not use it up. Only now is the
//                   body typed by the route's dialect, every bad field named at once
//   3. Authorizer   the model is looked up among those that the tenant may know of: absent and not theirs answer the same. Ceilings of
//                   this installation and of their role hold
//   4. Governor     the limits that the call has, all or none: calls, calls at once, the day's quota, and whether there are tokens and
//                   money at all; who may not go on has cost the engine nothing
//   5. Measure      what cannot fit goes no further; then the engine counts the prompt: exact, and nothing is computed yet
//   6. Admission    prompt and allowance must fit, and the prompt be paid; from here on a reservation stands behind every token
//   7. Dispatch     grants, flow control, the answer
#include "pipeline.h"

#include <algorithm>
#include <array>
#include <limits>

#include "engine_wait.h"
#include "time_limit.h"

namespace gatehouse::gateway {

namespace w = wire::engine;

namespace {

// More bytes than this a cell never fit: such a prompt is not even sent to the engine.
constexpr std::size_t bytes_per_cell = 32;

std::size_t bytes_of(const w::Prepare& prompt) {
  std::size_t bytes = prompt.prompt.size();
  for (const w::Message& message : prompt.messages) {
    bytes += message.content.size();
    for (const w::ToolCall& call : message.calls) bytes += call.arguments.size();
  }
  for (const w::Tool& tool : prompt.tools) bytes += tool.description.size() + tool.parameters.size();
  return bytes;
}

// A fault of one field, so that the dialects that list faults list it.
Error context_length_exceeded(std::string text, FieldFault fault) {
  return caller_error("context_length_exceeded", std::move(text)).with_faults({std::move(fault)});
}

FieldFault prompt_too_long(const w::Prepare& prompt, std::string expected) {
  return FieldFault(prompt.chat ? "/messages" : "/prompt", "is too long for this model", std::move(expected));
}

Status check_length(const w::Prepare& prompt, const ServedModel& model) {
  if (model.context == 0) return ok();
  if (prompt.messages.size() > model.context) {
    return context_length_exceeded("The prompt has " + std::to_string(prompt.messages.size()) + " messages; as many never fit into the " +
                                       std::to_string(model.context) + " tokens of this model",
                                   prompt_too_long(prompt, "at most " + std::to_string(model.context) + " messages"));
  }
  const std::size_t bytes = bytes_of(prompt), most = bytes_per_cell * model.context;
  if (bytes <= most) return ok();
  return context_length_exceeded("The prompt has " + std::to_string(bytes) + " bytes; more than " + std::to_string(most) +
                                     " never fit into the " + std::to_string(model.context) + " tokens of this model",
                                 prompt_too_long(prompt, "at most " + std::to_string(most) + " bytes"));
}

// All answers to a prompt have seats at the same time.
Status check_choices(const w::Prepare& prompt, std::uint32_t seats) {
  if (seats == 0 || prompt.choices <= seats) return ok();
  const std::string most = std::to_string(seats);
  return caller_error("invalid_value",
                      "n is " + std::to_string(prompt.choices) + ", and this model gives at most " + most + " answers at once")
      .with_faults({FieldFault("/n", "is more than this model can answer at once", "at most " + most)});
}

struct RefusalMeaning {
  std::string_view code, reason;
  Code status;
};

// What an engine may refuse, and what that is for a caller.
constexpr std::array refusals{
    RefusalMeaning{"template_failed", "template_failed", Code::invalid_argument},
    RefusalMeaning{"invalid_prompt", "invalid_prompt", Code::invalid_argument},
    RefusalMeaning{"tools_not_supported", "unsupported_parameter", Code::invalid_argument},
    RefusalMeaning{"schema_not_supported", "schema_not_supported", Code::invalid_argument},
    RefusalMeaning{"invalid_logit_bias", "invalid_value", Code::invalid_argument},
    RefusalMeaning{"too_many_choices", "invalid_value", Code::invalid_argument},
    RefusalMeaning{"engine_queue_full", "server_is_overloaded", Code::unavailable},
    RefusalMeaning{"model_not_ready", "model_loading", Code::unavailable},
};

Error error_of(const w::Refused& refused, const w::Prepare& prompt) {
  if (refused.code == "context_length_exceeded") {
    return context_length_exceeded(refused.text, prompt_too_long(prompt, "a prompt that fits into the context of this model"));
  }
  const auto meaning = std::ranges::find(refusals, std::string_view(refused.code), &RefusalMeaning::code);
  if (meaning == refusals.end()) return internal_error("engine_refused", refused.code + ": " + refused.text);
  const bool ours = meaning->status == Code::unavailable;
  Error error = Error(meaning->status, ours ? Origin::engine : Origin::caller, meaning->reason, refused.text).with_param(refused.param);
  return ours ? std::move(error).with_retry(Retry::after(seconds(2))) : std::move(error);
}

}  // namespace

Status Doorkeeper::look(const Received& received, const net::Asker& client, identity::Asking asking, identity::PrincipalPtr& who) const {
  const Route& route = received.route();
  const WallTime now = asking == identity::Asking::first ? received.at() : received.exchange().reactor().clock().wall();
  const auto scheme = client.https ? identity::Scheme::https : identity::Scheme::http;
  Result<identity::PrincipalPtr> identified =
      authenticator_of(received).identify(received.exchange().head(), now, kind_for(route), asking, scheme);
  if (!identified) return identified.error();
  who = std::move(*identified);
  GH_CHECK(check_address(*who, client.address));
  return check_scope(route, *who);
}

Result<Recognised> Doorkeeper::recognise(Received& received, const net::Asker& client) const {
  identity::PrincipalPtr& known = *received.named_;
  const Status looked = look(received, client, identity::Asking::first, known);
  if (!looked) {
    if (!known) known = authenticator_of(received).owner_of_refused(received.exchange().head());
    return looked.error();
  }
  received.named_by_ = authenticator_of(received).directory().version();
  return Recognised();
}

// As long as the directory is the same, and its time has not run out, a credential is as good as it was; what is signed has a window of its
// own.
Status Doorkeeper::look_again(const Received& received, const net::Asker& client) const {
  if (received.named_by_ && still_stands(received)) return ok();
  identity::PrincipalPtr who;
  GH_CHECK(look(received, client, identity::Asking::again, who));
  *received.named_ = std::move(who);
  return ok();
}

bool Doorkeeper::still_stands(const Received& received) const {
  const identity::Principal& who = **received.named_;
  if (who.signature || received.named_by_ != authenticator_of(received).directory().version()) return false;
  constexpr std::int64_t for_good = std::numeric_limits<std::int64_t>::max();
  return who.valid_until == for_good || unix_seconds(received.exchange().reactor().clock().wall()) < who.valid_until;
}

Task<Result<Identified>> Doorkeeper::identify(Received received, const net::Asker& client, std::string_view body) const {
  const Status looked = look_again(received, client);
  if (!looked) co_return looked.error();
  const Status redeemed = co_await nonces_.redeem(received.exchange().reactor(), **received.named_, body);
  if (!redeemed) co_return redeemed.error();
  co_return Identified(std::move(received));
}

std::optional<Result<Identified>> Doorkeeper::identify_at_once(const Received& received, const net::Asker& client) const {
  if (received.named_by_ && (*received.named_)->signature) return std::nullopt;
  const Status looked = look_again(received, client);
  if (!looked) return Result<Identified>(looked.error());
  if ((*received.named_)->signature) return std::nullopt;
  return Result<Identified>(Identified(received));
}

namespace {

void bring_system_prompt(Generation& generation, const ServedModel& model) {
  std::vector<w::Message>& messages = generation.prompt.messages;
  if (!generation.prompt.chat || model.system_prompt.empty() || messages.empty() || messages.front().role == "system") return;
  messages.insert(messages.begin(), w::Message{"system", model.system_prompt});
}

}  // namespace

Result<Permitted> Authorizer::permit(const Identified& identified, Running::Seat& seat, Generation parsed) const {
  const RouteMatch& match = identified.received().match();
  if (!match.parameter.empty()) {
    GH_TRY(const ModelOfPath named, model_of_path(match));
    parsed.model = named.model;
  }
  GH_TRY(const ServedModel* const found, choose_model(models_, identified.principal(), parsed.model));
  GH_TRY(const ServedModel* const model, choose_version(models_, *found, match.second));
  GH_CHECK(keep_below(ceilings_, parsed));
  GH_CHECK(keep_below(identified.principal().role_grants.ceilings, parsed));
  bring_system_prompt(parsed, *model);
  parsed.prompt.tenant = identified.principal().tenant_number;
  parsed.prompt.weight = identified.principal().tenant_weight;
  return Permitted(identified, seat, std::move(parsed), *model);
}

Task<Result<Measured>> Measure::measure(Reactor& reactor, const Permitted& permitted, WhenGone gone) const {
  const Status fits = check_length(permitted.generation().prompt, permitted.model());
  if (!fits) co_return fits.error();
  const Status seated = check_choices(permitted.generation().prompt, permitted.model().engine->state().seats);
  if (!seated) co_return seated.error();
  net::Exchange& exchange = permitted.identified().received().exchange();
  const TimeLimit limit(permitted, ending_);
  const Status there = co_await until_there(reactor, *permitted.model().engine, exchange, limit, gone);
  if (!there) co_return there.error();
  auto prepared = permitted.model().engine->prepare(reactor, permitted.generation().prompt);
  if (!prepared) co_return std::move(prepared).error();
  std::unique_ptr<engine::Job> job = std::move(*prepared);
  const ClientWatch watch(exchange, permitted.seat(), [&job] { job->poke(); });
  Deadline alarm(reactor, [&job] { job->poke(); });
  for (;;) {
    alarm.arm(limit.next_look(reactor.clock().now()));
    co_await job->wait();
    if (exchange.gone() && gone == WhenGone::is_cancelled) co_return client_gone();
    engine::JobNews news = job->take();
    if (news.lost) co_return engine_lost();
    if (news.refused) co_return error_of(*news.refused, permitted.generation().prompt);
    if (news.prepared) co_return Measured(permitted, std::move(job), *news.prepared);
    std::optional<Error> over = limit.over(reactor.clock().now());
    if (over) co_return std::move(*over);
  }
}

Result<Admitted> Admission::admit(Measured measured, Tab& tab) const {
  const std::uint32_t prompt = measured.prompt_.prompt_tokens, seat = measured.prompt_.seat_cells;
  const std::uint32_t rest = seat > prompt ? seat - prompt : 0;
  const Generation& generation = measured.permitted_.generation();
  const std::uint32_t wanted = generation.max_tokens.value_or(std::min(rest, generation.open_allowance));
  if (rest == 0) {
    return context_length_exceeded("This model's context is " + std::to_string(seat) + " tokens, and the prompt alone has " +
                                       std::to_string(prompt) + ": shorten the prompt",
                                   prompt_too_long(generation.prompt, "fewer than " + std::to_string(seat) + " tokens"));
  }
  if (wanted > rest) {
    return context_length_exceeded("This model's context is " + std::to_string(seat) + " tokens, but the prompt has " +
                                       std::to_string(prompt) + " and " + std::to_string(wanted) +
                                       " were asked for: shorten the prompt or lower max_tokens to at most " + std::to_string(rest),
                                   FieldFault("/max_tokens", "is more than the prompt leaves", "at most " + std::to_string(rest)));
  }
  const std::uint32_t choices = generation.prompt.choices;
  GH_CHECK(tab.measure({prompt, wanted * choices, choices}));
  return Admitted(std::move(measured), tab, wanted);
}

}  // namespace gatehouse::gateway
