// gateway/admin/lexicon_routes.cc — /api/admin/tenants/{id}/lexicon.
#include <chrono>
#include <functional>
#include <memory>
#include <utility>

#include "gatehouse/gateway/lexicons.h"
#include "gatehouse/nlu/lexicon.h"
#include "gatehouse/store/errors.h"
#include "gatehouse/wire/admin/requests.h"
#include "objects.h"
#include "question_parts.h"

namespace gatehouse::gateway {
namespace {

using LexiconPtr = std::shared_ptr<const nlu::Lexicon>;

Result<LexiconPtr> read_lexicon(std::string_view text) {
  GH_TRY(nlu::Lexicon lexicon, nlu::Lexicon::read(text));
  return LexiconPtr(std::make_shared<const nlu::Lexicon>(std::move(lexicon)));
}

Error too_many_are_read() {
  return Error(Code::unavailable, Origin::gatehouse, "server_is_overloaded", "Too many lexicons are being read")
      .with_retry(Retry::after(seconds(1)));
}

// What is wrong with it is a fault of the one member that the body has.
Error fault_of_lexicon(const Error& error) {
  return caller_error("invalid_value", error.public_text())
      .with_param("lexicon")
      .with_faults({FieldFault("/lexicon", error.public_text(), "lines of a name, a tab and a type")});
}

std::string lexicon_text(const TenantId& tenant, const store::KeptLexicon* kept, const nlu::Lexicon* names, bool whole) {
  std::string text;
  wire::JsonWriter json(text);
  json.begin_object().member("tenant_id", tenant.value()).member("names", names != nullptr ? names->size() : std::size_t{0});
  json.member("bytes", kept != nullptr ? kept->text.size() : std::size_t{0});
  json.member_or_null("changed_at", kept != nullptr ? moment_text(kept->changed) : std::string());
  if (whole) json.member("lexicon", kept != nullptr ? std::string_view(kept->text) : std::string_view());
  json.end_object();
  return text;
}

}  // namespace

Task<Result<Reply>> Administration::lexicon(Reactor& reactor, Question question) const {
  const TenantId id(question.parameter);
  if (!reach_of(question).includes(id)) co_return store::tenant_not_found();
  if (question.action == Action::lexicon_set) co_return co_await set_lexicon(reactor, std::move(question));
  store::LexiconStore& kept = house_.registry().store().lexicons();
  if (question.action == Action::lexicon_delete) {
    const Result<std::uint32_t> removed = co_await kept.remove(reactor, id);
    if (!removed) co_return removed.error();
    lexicons_.set(*removed, nullptr);
    co_return Reply(204, {});
  }
  const Result<std::optional<store::KeptLexicon>> found = co_await kept.find(reactor, id);
  if (!found) co_return found.error();
  if (!*found) co_return Reply(200, lexicon_text(id, nullptr, nullptr, true));
  const Result<LexiconPtr> read = read_lexicon((*found)->text);
  co_return Reply(200, lexicon_text(id, &**found, read ? read->get() : nullptr, true));
}

// It is read where nobody waits for it.
Task<Result<Reply>> Administration::set_lexicon(Reactor& reactor, Question question) const {
  Result<wire::LexiconBody> body = read_body<wire::LexiconBody>(question, &wire::read_lexicon);
  if (!body) co_return body.error();
  const TenantId id(question.parameter);
  auto text = std::make_shared<const std::string>(std::move(body->lexicon));
  std::function<Result<LexiconPtr>(Worker&)> read = [text](Worker&) { return read_lexicon(*text); };
  auto reading = zones_.run<Result<LexiconPtr>>(reactor, std::move(read));
  std::optional<Result<LexiconPtr>> lexicon = co_await std::move(reading);
  if (!lexicon) co_return too_many_are_read();
  if (!*lexicon) co_return fault_of_lexicon(lexicon->error());
  const store::Moment now = std::chrono::floor<seconds>(clock_.wall());
  Result<store::KeptLexicon> kept = co_await house_.registry().store().lexicons().put(reactor, id, *text, now);
  if (!kept) co_return kept.error();
  lexicons_.set(kept->tenant_number, **lexicon);
  co_return Reply(200, lexicon_text(id, &*kept, (*lexicon)->get(), false));
}

}  // namespace gatehouse::gateway
