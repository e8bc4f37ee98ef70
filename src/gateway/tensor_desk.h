// gateway/tensor_desk.h — what the routes of tensor models have in common: how a request comes in, the stages behind that, and what is said
// and settled when its call has come to something.
// Threads  the reactor of the connection; what belongs to one reactor is kept apart by its number
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "body_limits.h"
#include "egress.h"
#include "gatehouse/wire/json/document.h"
#include "generator.h"
#include "tensor_pipeline.h"

namespace gatehouse::gateway {

// Whoever asks, with what they sent, and the place of their answer among those that are being made. For as long what was made of the body
// counts in its place.
class Guest {
 public:
  Guest(Identified identified, Running& running, wire::JsonParser& parser, std::string_view body);
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  const Identified& identified() const { return identified_; }
  net::Exchange& exchange() const { return identified_.received().exchange(); }
  Action action() const { return identified_.received().route().action; }
  Running::Seat& seat() { return seat_; }
  std::string_view body() const { return body_; }
  // Its values are views; they hold until the body is understood.
  wire::JsonParser& parser() { return parser_; }
  void understood();

 private:
  const Identified identified_;
  Running::Seat seat_;
  wire::JsonParser& parser_;
  const std::string_view body_;
};

class TensorDesk {
 public:
  TensorDesk(const ServedModels& models, const Doorkeeper& doorkeeper, const CurrentBodyLimits& bodies, const Ending& ending,
             std::vector<Running>& running, Governor& governor);

  // Who asks has been let in by the head. The errors of Exchange::read_body() and Doorkeeper::identify()
  Task<Result<std::unique_ptr<Guest>>> receive(const Received& received, const Egress& egress);

  const ServedModels& models;
  Governor& governor;
  const TensorAuthorizer authorizer;
  const TensorMeasure measure{};
  const TensorAdmission admission;
  const TensorDispatch dispatch;

 private:
  const Doorkeeper& doorkeeper_;
  const CurrentBodyLimits& bodies_;
  std::vector<Running>& running_;          // by reactor
  std::vector<wire::JsonParser> parsers_;  // by reactor
};

net::Response json_response(std::string json);
// What the call has taken costs that; it stands beside the answer.
void tell_cost(const Tab& tab, Egress& egress, Usage& usage);
// It is over: settles it, and then says what it came to. What could not be had costs nothing, unless it is paid for all the same.
void conclude(Tab& tab, Result<net::Response> made, Egress& egress, Ledger& ledger);
// The same of JSON.
void conclude(Tab& tab, Result<std::string> made, Egress& egress, Ledger& ledger);

}  // namespace gatehouse::gateway
