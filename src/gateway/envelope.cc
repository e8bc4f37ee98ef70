#include "envelope.h"

#include <exception>
#include <utility>

#include "audit_notes.h"
#include "cache_desk.h"
#include "cors.h"
#include "decisions.h"
#include "errors.h"
#include "gatehouse/telemetry/log.h"
#include "head_fields.h"
#include "rules.h"

namespace gatehouse::gateway {
namespace {

constexpr ByteCount most_unneeded = kib(64);

// Not probes and metrics, which come all the time, nor pages and what belongs to them.
bool counts(const Route* route) {
  if (route == nullptr) return true;
  return !route->probe && !route->page && route->action != Action::metrics && route->action != Action::openapi &&
         route->action != Action::root;
}

Error host_missing() { return caller_error("host_missing", "The Host field is missing"); }

Error invalid_host() { return caller_error("invalid_host", "Invalid host header"); }

// Everything but the body.
Result<Question> read_question(const Received& received, const RouteMatch& match, const identity::Principal* who) {
  const wire::RequestHead& head = received.exchange().head();
  Question question(received.route().action, who);
  std::optional<std::string> first = wire::unescape_segment(match.parameter), second = wire::unescape_segment(match.second);
  if (!first || !second) return no_route(head.method, head.path, RouteMatch());
  question.parameter = std::move(*first);
  question.second = std::move(*second);
  GH_TRY(question.query, wire::Form::parse(head.query));
  question.body_is_form = brings_form(head);
  GH_TRY(question.version, expected_version(head));
  return question;
}

// What a desk refuses of a body is a rule that the body breaks, like what its reader refuses.
Error about_body(Error error, const Route& route) {
  const bool has_reader = route.body != BodySize::none && route.needs;
  if (!has_reader || error.code() != Code::invalid_argument || error.param().empty() || !error.faults().empty()) return error;
  FieldFault fault("/" + error.param(), error.public_text(), {});
  return std::move(error).with_faults({std::move(fault)});
}

Error audit_behind() {
  return Error(Code::unavailable, Origin::gatehouse, "audit_unavailable", "What is done here cannot be put on record at the moment")
      .with_retry(Retry::after(seconds(2)));
}

bool shows_nothing(const Error& refused) { return refused.reason() == "credential_missing"; }

Error broken(const char* what) { return internal_error("internal_error", what); }

void describe(telemetry::AccessRecord& record, const wire::RequestHead& head) {
  record.method = to_string(head.method);
  record.path = head.path;
  record.http_minor = head.minor;
  record.user_agent = head.field("user-agent").value_or("");
  record.referer = head.field("referer").value_or("");
}

}  // namespace

Task<void> Envelope::handle(net::Exchange& exchange) {
  const Raised active(desk_.levels.active_requests);
  Egress egress(exchange, rules_, request_id_for(exchange.head()));
  Account account;
  try {
    co_await answer(exchange, egress, account);
  } catch (const std::exception& escaped) {
    // The last barrier: one request is lost, the process goes on.
    const Error error = broken(escaped.what());
    egress.forget_recording();  // whoever kept it is gone
    if (egress.answered()) {
      egress.note(error);
      exchange.abort_stream();
    } else {
      egress.note(error);
      net::Response response = error_response(error, egress.dialect(), egress.request_id(), egress.language());
      response.close_after();  // what broke may have left the connection in the middle of something
      egress.respond(std::move(response));
    }
  }
  close_account(exchange, egress, account);
}

Task<void> Envelope::answer(net::Exchange& exchange, Egress& egress, Account& account) {
  const wire::RequestHead& head = exchange.head();
  const RouteMatch match = find_route(routes_, head.method, head.path);
  egress.use_route(match);
  account.route = match.route;
  if (turned_away(match, head, egress)) co_return;
  const bool stranger = match.route == nullptr || match.route->open();
  if (counts(match.route) && (stranger || desk_.governor.counts_everybody()) && !within_strangers_rate(egress)) co_return;
  if (match.route != nullptr) {
    Received received(exchange, match, desk_.clock.wall(), account.principal);
    co_await serve(std::move(received), match, egress, account);
  } else if (match.allow.empty()) {
    egress.respond(no_route(head.method, head.path, match));
  } else {
    const Error error = no_route(head.method, head.path, match);
    egress.note(error);
    net::Response response = error_response(error, match.dialect, egress.request_id(), egress.language());
    response.field("Allow", match.allow);
    egress.respond(std::move(response));
  }
}

bool Envelope::turned_away(const RouteMatch& match, const wire::RequestHead& head, Egress& egress) const {
  // Probes come by address, and from HTTP/1.0.
  const bool any_host = match.route != nullptr && match.route->probe;
  if (!any_host && !head.host_present) {
    egress.respond(host_missing());
  } else if (!any_host && !trusts_host(rules_, head.field("Host").value_or(""), egress.exchange().client_address())) {
    egress.respond(invalid_host());
  } else if (!match.allow.empty() && is_preflight(head) && trust_of(rules_, head) != OriginTrust::none) {
    egress.respond(preflight_answer(head, match.allow));
  } else {
    return false;
  }
  return true;
}

bool Envelope::within_strangers_rate(Egress& egress) const {
  if (door_ != Door::of_the_public) return true;
  const Status within = desk_.governor.stranger(egress.client().address, egress.limits());
  if (!within) egress.respond(within.error());
  return within.ok();
}

bool Envelope::let_in(Received& received, Egress& egress, Account& account) const {
  if (everybody_) {
    account.principal = everybody_;
    return true;
  }
  const Route& route = received.route();
  if (route.open() && !route.welcomes) return true;
  const Result<Recognised> recognised = desk_.doorkeeper.recognise(received, egress.client());
  if (recognised || (route.open() && shows_nothing(recognised.error()))) return true;
  const bool counted_already = counts(&route) && (route.open() || desk_.governor.counts_everybody());
  if (counted_already || within_strangers_rate(egress)) egress.respond(recognised.error());
  return false;
}

Task<void> Envelope::serve(Received received, const RouteMatch& match, Egress& egress, Account& account) {
  const Route& route = received.route();
  const wire::RequestHead& head = received.exchange().head();
  if (!let_in(received, egress, account)) co_return;
  const bool on_record = !everybody_ && !route.open() && route.audit == AuditClass::each;
  if (on_record && audit_of(received.exchange().reactor()).full()) co_return egress.respond(audit_behind());
  if (generates(route.action)) co_return co_await desk_.generator.run(received, egress, account.ledger);
  if (route.action == Action::predict) co_return co_await desk_.predictor.run(received, egress, account.ledger);
  if (extracts(route.action)) co_return co_await desk_.extractor.run(received, egress, account.ledger);
  if (embeds(route.action)) co_return co_await desk_.embedder.run(received, egress, account.ledger);
  if (infers(route.action)) co_return co_await desk_.inference.run(received, egress, account.ledger);
  if (route.action == Action::echo) co_return co_await desk_.echo.governed(received, egress);
  if (route.action == Action::echo_plain) co_return co_await desk_.echo.plain(received, egress);
  if (administrates(route.action)) {
    co_await administer(received, match, egress, account);
    co_return;
  }
  std::string_view none;
  const bool admitted = co_await admit(received, none, egress, account);
  if (!admitted) co_return;
  if (route.action == Action::openapi) {
    net::Response document = co_await desk_.small_routes.document(received.exchange().reactor(), head, account.principal.get());
    co_return egress.respond(std::move(document));
  }
  Result<net::Response> response =
      desk_.small_routes.answer(match, head, account.principal.get(), desk_.ending.draining.load(std::memory_order_relaxed));
  if (response) {
    egress.respond(std::move(*response));
  } else {
    egress.respond(response.error());
  }
}

// Where there is neither a body nor a signature, no time has passed since the head was looked at.
Task<bool> Envelope::admit(const Received& received, std::string_view body, Egress& egress, const Account& account) const {
  const Route& route = received.route();
  if (everybody_ || (route.open() && !account.principal)) co_return true;
  if (route.body == BodySize::none) {
    if (!account.principal->signature) co_return true;
    // Nobody needs the body; but it is a part of what was signed.
    const Result<std::string_view> unneeded = co_await received.exchange().read_body(most_unneeded);
    if (!unneeded) {
      egress.respond(unneeded.error());
      co_return false;
    }
    body = *unneeded;
  }
  const Result<Identified> identified = co_await desk_.doorkeeper.identify(received, egress.client(), body);
  if (!identified) {
    egress.respond(identified.error());
    co_return false;
  }
  co_return true;
}

Task<void> Envelope::administer(const Received& received, const RouteMatch& match, Egress& egress, Account& account) {
  Result<Question> question = read_question(received, match, account.principal.get());
  if (!question) co_return egress.respond(question.error());
  question->address = egress.client().address;
  question->user_agent = received.exchange().head().field("user-agent").value_or("");
  account.ledger.object = question->parameter;
  if (received.route().body != BodySize::none) {
    const Result<std::string_view> body = co_await received.exchange().read_body(desk_.bodies.of(received.route()));
    if (!body) co_return egress.respond(body.error());
    question->body = *body;
  }
  const bool admitted = co_await admit(received, question->body, egress, account);
  if (!admitted) co_return;
  question->who = account.principal.get();
  question->subject = &account.ledger.subject;
  const Result<std::int64_t> intent = co_await intend(received, egress, account);
  if (!intent) co_return egress.respond(audit_behind().with_detail(intent.error().describe()));
  Reactor& reactor = received.exchange().reactor();
  Result<Reply> reply = co_await desk_.administration.answer(reactor, std::move(*question));
  if (!reply && *intent != 0 && changed_nothing(reply.error())) {
    // Best effort: one that stays has a record more in the end.
    [[maybe_unused]] const Status dropped = co_await desk_.administration.audit_desk().drop_intent(reactor, *intent);
  }
  if (!reply) co_return egress.respond(about_body(reply.error(), received.route()));
  if (has_own_record(received.route(), *reply)) {
    const Status kept = co_await keep_record(received, egress, account, *reply, *intent);
    if (!kept) co_return egress.respond(kept.error());
  }
  net::Response response(reply->status);
  if (!reply->json.empty()) response.body("application/json", std::move(reply->json));
  egress.respond(std::move(response));
}

Decision Envelope::decision_about(const Received& received, const Egress& egress, const Account& account) const {
  Decision decision(received.route(), desk_.clock.wall());
  decision.who = account.principal.get();
  decision.object = account.ledger.object;
  decision.request_id = egress.request_id();
  decision.address = egress.client().address;
  return decision;
}

// Strangers, who may come in any number, cost no write of the store before it is known what they want.
Task<Result<std::int64_t>> Envelope::intend(const Received& received, const Egress& egress, const Account& account) const {
  if (!account.principal || !is_intended(received.route())) co_return std::int64_t{0};
  telemetry::AuditRecord record = intent_of(decision_about(received, egress, account));
  co_return co_await desk_.administration.audit_desk().intend(received.exchange().reactor(), std::move(record));
}

Task<Status> Envelope::keep_record(const Received& received, const Egress& egress, Account& account, const Reply& reply,
                                   std::int64_t intent) {
  std::vector<telemetry::AuditRecord> records(1, record_of(decision_about(received, egress, account), reply));
  records.front().intent = intent;
  account.ledger.on_record = true;
  Reactor& reactor = received.exchange().reactor();
  Status kept = co_await desk_.administration.audit_desk().append(reactor, records);
  // It was done, and will be on record once the store is back.
  if (!kept) audit_of(reactor).put_back(std::move(records));
  co_return kept;
}

void Envelope::close_account(net::Exchange& exchange, const Egress& egress, const Account& account) {
  const wire::RequestHead& head = exchange.head();
  const Reactor& reactor = exchange.reactor();
  const std::chrono::duration<double> duration = reactor.clock().now() - exchange.started();
  const WallTime over = desk_.clock.wall();
  Meters& meters = meters_of(reactor);
  meters.request(account.route, head.method, egress.status(), duration.count(), egress.error());
  const Ledger& ledger = account.ledger;
  if (ledger.generated_for) meters.generation(ledger.model, ledger.usage, *ledger.generated_for);
  const bool is_admitted = ledger.generated_for || ledger.finish == finish_cached;
  if (is_admitted && extracts(account.route->action)) meters.tasks(ledger.model, ledger.task);

  if (account.route != nullptr && !ledger.on_record) {
    Decision decision(*account.route, over);
    decision.who = account.principal.get();
    decision.subject = &ledger.subject;
    decision.object = ledger.model.empty() ? std::string_view(ledger.object) : std::string_view(ledger.model);
    decision.status = egress.status();
    decision.reason = egress.error();
    decision.request_id = egress.request_id();
    decision.address = egress.client().address;
    put_on_record(audit_of(reactor), decision, ledger);
  }

  // Probes come all the time and say nothing as long as they are well.
  if (account.route != nullptr && account.route->probe && egress.status() < 400) return;
  telemetry::AccessRecord record;
  record.time = over;
  record.request_id = egress.request_id();
  describe(record, head);
  record.client_ip = egress.client().address;
  record.status = egress.status();
  record.process_time = duration.count();
  record.bytes = exchange.bytes_sent();
  if (account.principal) {
    record.tenant_id = account.principal->tenant.value();
    if (account.principal->key) record.key_id = account.principal->key->value();
  }
  record.error = egress.error();
  record.rule = rule_of(egress.error());
  record.model = ledger.model;
  record.finish = ledger.finish;
  record.prompt_tokens = ledger.usage.prompt_tokens;
  record.completion_tokens = ledger.usage.completion_tokens;
  desk_.access_log.write(record);
}

std::string Envelope::request_id_for(const wire::RequestHead& head) {
  const std::optional<std::string_view> given = given_request_id(head);
  return given ? std::string(*given) : desk_.random.hex(32);
}

// Its line and its count have no route, and no time: nothing was done. bytes is what the body has; the head is the server's to write.
net::Response Envelope::refuse(const Error& error, const wire::RequestHead* head, const net::Sender& sender) {
  const std::string request_id = head != nullptr ? request_id_for(*head) : desk_.random.hex(32);
  const Dialect dialect = head != nullptr ? dialect_of(head->path) : Dialect::api;
  net::Response response = error_response(error, dialect, request_id, head != nullptr ? language_for(*head) : Language::english);
  Standing standing;
  standing.request_id = request_id;
  standing.dialect = dialect;
  add_standing_fields(response, standing);
  response.field("Cache-Control", "no-store");

  const auto method = head != nullptr ? std::optional(head->method) : std::nullopt;
  meters_of(sender.reactor).request(nullptr, method, response.status(), 0, error.reason());
  telemetry::AccessRecord record;
  record.time = desk_.clock.wall();
  record.request_id = request_id;
  if (head != nullptr) describe(record, *head);
  record.client_ip = sender.address;
  record.status = response.status();
  record.bytes = response.body().size();
  record.error = error.reason();
  desk_.access_log.write(record);
  telemetry::log::debug("gateway", "refused before it was a request", {{"request_id", request_id}, {"error", error.reason()}});
  return response;
}

}  // namespace gatehouse::gateway
