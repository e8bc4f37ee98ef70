// gateway/gateway.h — everything between an accepted request and its answer.
// Life     built once, before the servers; drain() and cut_short() when the process is to end
// Threads  the handlers on every reactor at once; set_bodies(), drain() and cut_short() from any thread
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/strong.h"
#include "gatehouse/gateway/administration.h"
#include "gatehouse/gateway/audit_book.h"
#include "gatehouse/gateway/budget_uses.h"
#include "gatehouse/gateway/cache_rules.h"
#include "gatehouse/gateway/ceilings.h"
#include "gatehouse/gateway/content_rules.h"
#include "gatehouse/gateway/edge.h"
#include "gatehouse/gateway/ledger_book.h"
#include "gatehouse/gateway/limit_rules.h"
#include "gatehouse/gateway/served_models.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/net/exchange.h"
#include "gatehouse/telemetry/access_log.h"
#include "gatehouse/telemetry/metrics.h"

namespace gatehouse::gateway {

// The largest bodies, by the routes that read them: /api and the like, /v1.
struct BodyLimits {
  ByteCount api = mib(1), v1 = mib(50);
};

struct GatewayParts {
  const Clock& clock;
  RandomSource& random;
  std::vector<identity::Authenticator>& authenticators;  // by reactor
  const ServedModels& models;
  const Administration& administration;
  telemetry::Metrics& metrics;
  telemetry::AccessLog& access_log;
  std::string version;
  std::string build;
  std::size_t reactors;
  limits::Inflight& journal;  // of calls that are being made: a part by reactor
  LimitRules limits = {};
  BodyLimits bodies = {};
  EdgeRules edge = {};  // of the public listener
  Ceilings ceilings = {};
  ContentRules contents = {};
  std::string title = "Gatehouse";  // of the OpenAPI document
  bool test_hooks = false;          // routes for measurements
  CacheRules cache = {};
};

// What had been spent before this process began.
struct SpentBefore {
  std::vector<store::UsageRow> usage;  // of the last days
  std::vector<store::Budget> budgets;
  std::vector<store::BudgetSpend> spent;
};

class Gateway {
 public:
  explicit Gateway(GatewayParts parts);
  ~Gateway();

  net::Handler& public_handler();
  net::Handler& admin_handler();
  // Whoever comes here is the operator.
  net::Handler& control_handler();
  // For requests whose body is not being read yet.
  void set_bodies(BodyLimits bodies);
  // On that reactor, when its authenticator follows another directory: answers whose credential is taken no more end, and those that are
  // kept for tenants who are gone are forgotten.
  void review(const Reactor& reactor);
  // That model is not served any more, or comes again: nothing that it has answered is told again. From any thread.
  void forget_answers(std::string_view model);
  // A directory that is to be followed may name time zones that nobody has needed yet: reads them, before the reactors follow it. It blocks
  void learn_zones(const identity::Directory& directory);
  // Before the reactors run.
  void remember(const SpentBefore& before, const identity::Directory& directory);
  // The calls that are over on that reactor.
  LedgerBook& ledger(const Reactor& reactor);
  const BudgetUses& budget_uses() const;
  // What it has decided.
  AuditBook& audit(const Reactor& reactor);
  // Readiness says no from now on.
  void drain();
  // Answers that still run end within a second, with an error that says why.
  void cut_short();

 private:
  struct Rooms;
  std::unique_ptr<Rooms> rooms_;
};

// The OpenAPI 3.1 document of the public routes, whatever models there are.
std::string openapi_document(std::string_view title, std::string_view version);

}  // namespace gatehouse::gateway
