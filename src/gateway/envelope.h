// gateway/envelope.h — what wraps every request: its id, its route, its deadline, error mapping, exception barrier, metrics, access log.
// Threads  handle() on every reactor at once; what belongs to one reactor is kept apart by its number
#pragma once
#include <span>
#include <vector>

#include "echo.h"
#include "egress.h"
#include "embedder.h"
#include "ending.h"
#include "extractor.h"
#include "gatehouse/base/random.h"
#include "gatehouse/gateway/administration.h"
#include "gatehouse/gateway/audit_book.h"
#include "gatehouse/gateway/route.h"
#include "gatehouse/telemetry/access_log.h"
#include "generator.h"
#include "inference.h"
#include "meters.h"
#include "predictor.h"
#include "small_routes.h"

namespace gatehouse::gateway {

// What the envelopes of both listeners share.
struct Desk {
  const Clock& clock;
  RandomSource& random;
  const Doorkeeper& doorkeeper;
  const SmallRoutes& small_routes;
  const Administration& administration;
  const CurrentBodyLimits& bodies;
  Generator& generator;
  Predictor& predictor;
  Extractor& extractor;
  Embedder& embedder;
  Inference& inference;
  Echo& echo;
  Governor& governor;
  telemetry::AccessLog& access_log;
  std::vector<Meters>& meters;  // by reactor, like the next
  std::vector<AuditBook>& audit;
  Levels& levels;
  const Ending& ending;
};

struct Decision;

// Who comes to a listener: addresses are limited at the public one alone.
enum class Door : std::uint8_t { of_the_public, of_operators };

class Envelope final : public net::Handler {
 public:
  // everybody: whoever comes this way is this one. Null: who comes must show a credential.
  Envelope(Desk desk, Door door, std::span<const Route> routes, const EdgeRules& rules, identity::PrincipalPtr everybody = nullptr)
      : desk_(desk), door_(door), routes_(routes), rules_(rules), everybody_(std::move(everybody)) {}
  Task<void> handle(net::Exchange& exchange) override;
  net::Response refuse(const Error& error, const wire::RequestHead* head, const net::Sender& sender) override;

 private:
  // What is known about a request when it is over.
  struct Account {
    const Route* route = nullptr;
    identity::PrincipalPtr principal;  // whose credential it was; null: nobody's that we know
    Ledger ledger;
  };
  Task<void> answer(net::Exchange& exchange, Egress& egress, Account& account);
  // What the edge says to a request before any route does; true: that was the answer.
  bool turned_away(const RouteMatch& match, const wire::RequestHead& head, Egress& egress) const;
  // Whether the address that it comes from may ask any more, where it is one of those that are counted; false: it was told that it may not.
  bool within_strangers_rate(Egress& egress) const;
  // By the head alone: whether it is known who asks, where that must be known or is told; false: it was a refusal.
  bool let_in(Received& received, Egress& egress, Account& account) const;
  // The last word about who asks, before anything is done for them; false: it was a refusal.
  Task<bool> admit(const Received& received, std::string_view body, Egress& egress, const Account& account) const;
  Task<void> administer(const Received& received, const RouteMatch& match, Egress& egress, Account& account);
  Task<void> serve(Received received, const RouteMatch& match, Egress& egress, Account& account);
  // What was done is on record for good when it returns.
  Decision decision_about(const Received& received, const Egress& egress, const Account& account) const;
  // What is about to be done is kept, and how: 0 where it need not be.
  Task<Result<std::int64_t>> intend(const Received& received, const Egress& egress, const Account& account) const;
  Task<Status> keep_record(const Received& received, const Egress& egress, Account& account, const Reply& reply, std::int64_t intent);
  void close_account(net::Exchange& exchange, const Egress& egress, const Account& account);
  AuditBook& audit_of(const Reactor& reactor) { return desk_.audit[static_cast<std::size_t>(reactor.index())]; }
  Meters& meters_of(const Reactor& reactor) { return desk_.meters[static_cast<std::size_t>(reactor.index())]; }
  std::string request_id_for(const wire::RequestHead& head);

  const Desk desk_;
  const Door door_;
  const std::span<const Route> routes_;
  const EdgeRules& rules_;
  const identity::PrincipalPtr everybody_;
};

}  // namespace gatehouse::gateway
