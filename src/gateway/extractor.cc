#include "extractor.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "gatehouse/nlu/recipe.h"

namespace gatehouse::gateway {

namespace {

// Each pair by itself: int8 scales are a whole batch's, and what is found must not depend on what else is asked. Measured:
// docs/PERFORMANCE.md.
constexpr nlu::WorkRule work_rule{.batch = {.rows = 1}, .tokens = 8192};
// Of texts that a reactor reads between two looks at its connections; longer ones are for a thread where nobody else waits.
constexpr std::size_t most_read_here = 8UL * 1024;

std::vector<nlu::PlannedCall> next_calls(const nlu::Extraction& extraction, const Identified& identified) {
  return nlu::plan_work(extraction.rows(), extraction.slots(), identified.principal().tenant_number, work_rule);
}

std::vector<std::size_t> sizes_of(const wire::NluWork& work) {
  std::vector<std::size_t> sizes;
  for (const wire::NluPair& pair : work.pairs) sizes.push_back(work.rows[pair.text].ids.size());
  return sizes;
}

using Begun = Result<std::vector<nlu::Extraction>>;

Begun begin_all(const nlu::Model& model, const std::vector<nlu::Request>& requests) {
  std::vector<nlu::Extraction> extractions;
  for (const nlu::Request& request : requests) {
    GH_TRY(nlu::Extraction extraction, nlu::Extraction::begin(model, request));
    extractions.push_back(std::move(extraction));
  }
  return extractions;
}

std::size_t bytes_of(const std::vector<nlu::Request>& requests) {
  std::size_t bytes = 0;
  for (const nlu::Request& request : requests) bytes += request.text.size();
  return bytes;
}

KeptAnswer kept(const std::string& reply) {
  KeptAnswer answer;
  answer.status = 200;
  answer.content_type = "application/json";
  answer.body = reply;
  return answer;
}

}  // namespace

// What is computed of one extraction: the tokens of each of its rows once, however often it is computed with another one.
class Extractor::RowCount {
 public:
  explicit RowCount(Usage& usage) : usage_(usage) {}
  // A call of its step is computed.
  void add(const nlu::Extraction& extraction, const nlu::PlannedCall& call) {
    computed_.resize(extraction.rows().size());
    for (const std::size_t number : call.slots) {
      const nlu::Slot& slot = extraction.slots()[number];
      for (const std::uint32_t row : {slot.text, slot.prompt}) {
        if (computed_[row]) continue;
        computed_[row] = true;
        usage_.prompt_tokens += static_cast<std::uint32_t>(extraction.rows()[row].ids.size());
      }
    }
  }

 private:
  Usage& usage_;
  std::vector<bool> computed_;  // by row
};

Extractor::Extractor(const ExtractorParts& parts)
    : desk_(parts.desk),
      contents_(parts.contents),
      authenticators_(parts.authenticators),
      lexicons_(parts.lexicons),
      cache_(parts.cache),
      ending_(parts.ending),
      texts_(parts.texts) {}

// The page says that it is one: a tenant without a console has its API alone.
Status Extractor::check_page(const Identified& identified) const {
  net::Exchange& exchange = identified.received().exchange();
  if (!exchange.head().field("x-gatehouse-page")) return ok();
  const identity::Authenticator& authenticator = authenticators_[static_cast<std::size_t>(exchange.reactor().index())];
  const identity::TenantEntry* tenant = authenticator.directory().tenant(identified.principal().tenant);
  if (tenant != nullptr && tenant->record.console) return ok();
  return Error(Code::permission_denied, Origin::caller, "console_not_allowed", "Not enough permissions").with_param("console");
}

Result<Extractor::Asked> Extractor::read(Guest& guest, Ledger& ledger) {
  const Identified& identified = guest.identified();
  GH_CHECK(check_page(identified));
  GH_TRY(const wire::JsonValue root, guest.parser().parse(guest.body()));
  GH_TRY(NluAsk ask, read_ask(guest.action(), root));
  GH_TRY(const ServedModel* const model, choose_nlu_model(desk_.models, identified.principal(), ask.model));
  ledger.model = model->name;
  GH_TRY(const std::vector<nlu::Task> tasks, tasks_of(ask, model->nlu->recipe.event_types));
  ledger.task = names_of(tasks);
  GH_TRY(TensorPermitted permitted, TensorAuthorizer::permit_tasks(identified, guest.seat(), *model, tasks));
  for (nlu::Request& request : ask.requests) request.lexicon = lexicons_.of(identified.principal().tenant_number);
  return Asked{std::move(ask), std::move(permitted)};
}

Task<Status> Extractor::read_texts(Reactor& reactor, Asked& asked) {
  const std::shared_ptr<const nlu::Model> model = asked.permitted.model().nlu;
  const bool is_long = bytes_of(asked.ask.requests) > most_read_here;
  std::function<Begun()> work = [model, requests = asked.ask.requests] { return begin_all(*model, requests); };
  const std::uint32_t tenant = asked.permitted.identified().principal().tenant_number;
  auto working = texts_.read<std::vector<nlu::Extraction>>(reactor, tenant, is_long, std::move(work));
  Begun begun = co_await std::move(working);
  if (!begun) co_return begun.error();
  asked.extractions = std::move(*begun);
  co_return ok();
}

Task<void> Extractor::run(const Received& received, Egress& egress, Ledger& ledger) {
  const Result<std::unique_ptr<Guest>> guest = co_await desk_.receive(received, egress);
  if (!guest) co_return egress.respond(guest.error());
  Result<Asked> asked = read(**guest, ledger);
  (*guest)->understood();
  if (!asked) co_return egress.respond(asked.error());
  co_await answer(*asked, egress, ledger);
  const bool is_answered = ledger.generated_for || ledger.finish == finish_cached;
  if (is_answered && contents_.keep((*guest)->identified().principal().tenant)) ledger.content = content_of(asked->ask);
}

Task<void> Extractor::answer(Asked& asked, Egress& egress, Ledger& ledger) {
  const Identified& identified = asked.permitted.identified();
  Result<Tab> tab = desk_.admission.open(asked.permitted, egress.limits(), ledger.task);
  if (!tab) co_return egress.respond(tab.error());
  std::optional<CacheQuestion> question;
  if (cache_.on()) {
    question = cache_.question_about(asked.permitted, all_that_is_asked(identified.received().route().action, asked.ask, ledger.task));
    if (!question) egress.set_cache(cache_bypass);
  }
  if (!question) co_return co_await make(asked, *tab, egress, ledger, nullptr);
  CacheDesk::Visit visit(cache_, identified, asked.permitted.seat(), *question);
  const Status waited = co_await visit.wait(ending_);
  if (!waited) co_return egress.respond(waited.error());
  if (const AnswerPtr told = visit.told()) {
    settle_repeat(egress, *tab);
    ledger.finish = finish_cached;
    egress.set_cache(cache_hit);
    co_return egress.respond(json_response(told->body));
  }
  egress.set_cache(question->asking == Asking::anew ? cache_refresh : cache_miss);
  co_await make(asked, *tab, egress, ledger, &visit);
}

Task<void> Extractor::make(Asked& asked, Tab& tab, Egress& egress, Ledger& ledger, CacheDesk::Visit* visit) {
  Reactor& reactor = egress.exchange().reactor();
  const Status texts = co_await read_texts(reactor, asked);
  if (!texts) co_return egress.respond(texts.error());
  const std::vector<nlu::PlannedCall> first = next_calls(asked.extractions.front(), asked.permitted.identified());
  Result<TensorMeasured> measured = desk_.measure.measure(asked.permitted, wire::call_of(first.front().work));
  if (!measured) co_return egress.respond(measured.error());
  Result<TensorAdmitted> admitted = TensorAdmission::admit(std::move(*measured), std::move(tab), egress.limits());
  if (!admitted) co_return egress.respond(admitted.error());
  const Instant began = reactor.clock().now();
  Status computed = co_await compute(reactor, *admitted, asked, ledger.usage);
  ledger.generated_for = reactor.clock().now() - began;
  const Action action = asked.permitted.identified().received().route().action;
  Result<std::string> reply = std::string();
  if (computed) {
    const NluFindings findings{asked.extractions, ledger.model, ledger.task, ledger.usage.prompt_tokens};
    reply = reply_to(action, asked.ask, findings);
  } else {
    reply = std::move(computed).error();
  }
  if (reply && visit != nullptr) visit->keep(kept(*reply));
  conclude(admitted->tab(), std::move(reply), egress, ledger);
}

Task<Status> Extractor::compute(Reactor& reactor, TensorAdmitted& admitted, Asked& asked, Usage& usage) const {
  for (nlu::Extraction& extraction : asked.extractions) {
    RowCount counted(usage);
    while (!extraction.done()) {
      const std::vector<nlu::PlannedCall> calls = next_calls(extraction, asked.permitted.identified());
      const Status computed = co_await compute_step(reactor, admitted, extraction, calls, counted);
      if (!computed) co_return computed;
    }
  }
  co_return ok();
}

Task<Status> Extractor::compute_step(Reactor& reactor, TensorAdmitted& admitted, nlu::Extraction& extraction,
                                     const std::vector<nlu::PlannedCall>& calls, RowCount& counted) const {
  std::vector<wire::NluLogits> logits(extraction.slots().size());
  for (const nlu::PlannedCall& call : calls) {
    Result<TensorMeasured> measured = desk_.measure.measure(admitted.permitted(), wire::call_of(call.work));
    if (!measured) co_return measured.error();
    admitted.go_on_with(std::move(*measured));
    const Result<wire::engine::Inferred> inferred = co_await desk_.dispatch.infer(reactor, admitted);
    if (!inferred) co_return inferred.error();
    counted.add(extraction, call);
    Result<std::vector<wire::NluLogits>> made = wire::logits_of(*inferred, sizes_of(call.work));
    if (!made) co_return made.error();
    for (std::size_t i = 0; i < call.slots.size(); ++i) logits[call.slots[i]] = std::move((*made)[i]);
  }
  std::vector<nlu::Logits> taken;
  taken.reserve(logits.size());
  for (const wire::NluLogits& one : logits) taken.push_back({one.head, one.tail});
  co_return extraction.take(taken);
}

}  // namespace gatehouse::gateway
