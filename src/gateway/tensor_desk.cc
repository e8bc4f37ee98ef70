#include "tensor_desk.h"

#include <optional>
#include <utility>

#include "decisions.h"
#include "gatehouse/base/decimal.h"

namespace gatehouse::gateway {

Guest::Guest(Identified identified, Running& running, wire::JsonParser& parser, std::string_view body)
    : identified_(std::move(identified)), seat_(running, identified_.principal()), parser_(parser), body_(body) {}

Guest::~Guest() { exchange().drop_body(); }

void Guest::understood() {
  parser_.settle();
  exchange().forget_body();
}

TensorDesk::TensorDesk(const ServedModels& models_, const Doorkeeper& doorkeeper, const CurrentBodyLimits& bodies, const Ending& ending,
                       std::vector<Running>& running, Governor& governor_)
    : models(models_),
      governor(governor_),
      authorizer(models_),
      admission(governor_),
      dispatch(ending),
      doorkeeper_(doorkeeper),
      bodies_(bodies),
      running_(running),
      parsers_(running.size()) {}

Task<Result<std::unique_ptr<Guest>>> TensorDesk::receive(const Received& received, const Egress& egress) {
  net::Exchange& exchange = received.exchange();
  const Result<std::string_view> body = co_await exchange.read_body(bodies_.of(received.route()));
  if (!body) co_return body.error();
  std::optional<Result<Identified>> identified = doorkeeper_.identify_at_once(received, egress.client());
  if (!identified) {
    Result<Identified> redeemed = co_await doorkeeper_.identify(received, egress.client(), *body);
    identified.emplace(std::move(redeemed));
  }
  if (!*identified) co_return identified->error();
  const auto here = static_cast<std::size_t>(exchange.reactor().index());
  co_return std::make_unique<Guest>(std::move(**identified), running_[here], parsers_[here], *body);
}

net::Response json_response(std::string json) {
  net::Response response(200);
  response.body("application/json", std::move(json));
  return response;
}

void tell_cost(const Tab& tab, Egress& egress, Usage& usage) {
  usage.cost = tab.cost(usage);
  if (usage.cost) egress.set_cost(decimal_text(static_cast<std::int64_t>(*usage.cost), 9));
}

void conclude(Tab& tab, Result<net::Response> made, Egress& egress, Ledger& ledger) {
  if (made) {
    tell_cost(tab, egress, ledger.usage);
  } else if (is_paid_for(made.error(), ledger.usage)) {
    ledger.usage.cost = tab.cost(ledger.usage);
  } else {
    tab.forgive();
  }
  tab.settle(ledger.usage);
  if (!made) return egress.respond(made.error());
  ledger.finish = "stop";
  egress.respond(std::move(*made));
}

void conclude(Tab& tab, Result<std::string> made, Egress& egress, Ledger& ledger) {
  Result<net::Response> response =
      made ? Result<net::Response>(json_response(std::move(*made))) : Result<net::Response>(std::move(made).error());
  conclude(tab, std::move(response), egress, ledger);
}

}  // namespace gatehouse::gateway
