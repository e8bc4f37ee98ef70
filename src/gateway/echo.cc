#include "echo.h"

#include <string>
#include <utility>

#include "gatehouse/wire/json/writer.h"

namespace gatehouse::gateway {
namespace {

constexpr std::size_t longest_text = 1000;

Error no_text() {
  return caller_error("invalid_value", "text must be a string of 1 to 1000 bytes")
      .with_faults({FieldFault("/text", "must be a string", "1 to 1000 bytes")});
}

}  // namespace

Result<net::Response> Echo::answer(Reactor& reactor, std::string_view body) {
  GH_TRY(const wire::JsonValue root, parsers_[static_cast<std::size_t>(reactor.index())].parse(body));
  const std::optional<wire::JsonValue> said = root.is_object() ? root.find("text") : std::nullopt;
  if (!said || !said->is_string()) return no_text();
  const std::string_view text = said->string();
  if (text.empty() || text.size() > longest_text) return no_text();
  std::string json;
  wire::JsonWriter(json).begin_object().member("text", text).end_object();
  net::Response response(200);
  response.body("application/json", std::move(json));
  return response;
}

Task<void> Echo::governed(const Received& received, Egress& egress) {
  const Result<std::string_view> body = co_await received.exchange().read_body(bodies_.of(received.route()));
  if (!body) co_return egress.respond(body.error());
  std::optional<Result<Identified>> at_once = doorkeeper_.identify_at_once(received, egress.client());
  if (!at_once) {
    Result<Identified> redeemed = co_await doorkeeper_.identify(received, egress.client(), *body);
    at_once.emplace(std::move(redeemed));
  }
  const Result<Identified>& identified = *at_once;
  if (!identified) co_return egress.respond(identified.error());
  Result<net::Response> response = answer(received.exchange().reactor(), *body);
  if (!response) co_return egress.respond(response.error());
  Result<Tab> tab = governor_.open(*identified, model_, egress.limits(), Measures{0, 1, 1});
  if (!tab) co_return egress.respond(tab.error());
  tab->tell(*egress.limits());
  Usage usage;
  usage.completion_tokens = 1;
  tab->produced(1);
  egress.respond(std::move(*response));
  tab->settle(usage);
}

Task<void> Echo::plain(const Received& received, Egress& egress) {
  const Result<std::string_view> body = co_await received.exchange().read_body(bodies_.of(received.route()));
  if (!body) co_return egress.respond(body.error());
  Result<net::Response> response = answer(received.exchange().reactor(), *body);
  response ? egress.respond(std::move(*response)) : egress.respond(response.error());
}

}  // namespace gatehouse::gateway
