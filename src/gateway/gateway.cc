#include "gatehouse/gateway/gateway.h"

#include <atomic>
#include <vector>

#include "body_limits.h"
#include "cache_desk.h"
#include "envelope.h"
#include "text_thread.h"
#include "watches.h"

namespace gatehouse::gateway {

namespace {

// Pages, and what they show. Where they are closed they do not exist.
bool is_documentation(const Route& route) { return route.page || route.action == Action::openapi; }

std::vector<Route> routes_for(const EdgeRules& rules, bool test_hooks) {
  std::vector<Route> routes;
  for (const Route& route : public_routes()) {
    if (rules.docs || !is_documentation(route)) routes.push_back(route);
  }
  if (test_hooks) routes.insert(routes.end(), hook_routes().begin(), hook_routes().end());
  return routes;
}

// Empty where it leads to a page that is closed.
std::string home_of(const EdgeRules& rules) {
  const RouteMatch match = find_route(public_routes(), wire::Method::get, rules.home);
  const bool closed = match.route != nullptr && is_documentation(*match.route) && !rules.docs;
  return closed ? std::string() : rules.home;
}

}  // namespace

// Everything that lives as long as the gateway, in the order it needs one another.
struct Gateway::Rooms {
  explicit Rooms(GatewayParts parts)
      : clock(parts.clock),
        authenticators(parts.authenticators),
        running(parts.reactors),
        audit(parts.reactors),
        doorkeeper(parts.authenticators, parts.administration.nonces()),
        rules(std::move(parts.edge)),
        routes(routes_for(rules, parts.test_hooks)),
        small_routes(parts.models, parts.metrics, SmallFacts{parts.version, parts.build, parts.title, home_of(rules), rules.docs_models}),
        bodies(parts.bodies),
        governor(
            GovernorParts{parts.clock, parts.random, parts.authenticators, parts.metrics, parts.journal, parts.reactors, parts.limits}),
        idempotency(parts.administration.house(), parts.random, parts.metrics),
        models(parts.models),
        cache(parts.cache, parts.administration.house(), parts.metrics),
        generator(parts.models, parts.ceilings, doorkeeper, parts.random, bodies, levels, ending, running, parts.contents, governor,
                  idempotency, cache),
        tensors(parts.models, doorkeeper, bodies, ending, running, governor),
        predictor(tensors, idempotency),
        extractor(ExtractorParts{tensors, ending, parts.contents, parts.authenticators, parts.administration.lexicons(), cache, texts}),
        embedder(tensors, parts.contents, texts),
        inference(tensors),
        echo(doorkeeper, governor, bodies, parts.reactors),
        meters(parts.reactors, Meters(parts.metrics)),
        desk{parts.clock, parts.random, doorkeeper, small_routes, parts.administration, bodies, generator, predictor, extractor,
             embedder,    inference,    echo,       governor,     parts.access_log,     meters, audit,     levels,    ending},
        for_all(desk, Door::of_the_public, routes, rules),
        for_operators(desk, Door::of_operators, admin_routes(), any_asker),
        at_the_socket(desk, Door::of_operators, control_routes(), any_asker, identity::operator_at_the_socket()) {
    watch_models(parts.metrics, parts.models);
    watch_process(parts.metrics, parts.models, levels);
  }

  const Clock& clock;
  std::vector<identity::Authenticator>& authenticators;
  std::vector<Running> running;
  std::vector<AuditBook> audit;
  Ending ending;
  Levels levels;
  const Doorkeeper doorkeeper;
  const EdgeRules rules, any_asker;
  const std::vector<Route> routes;
  const SmallRoutes small_routes;
  CurrentBodyLimits bodies;
  Governor governor;
  Idempotency idempotency;
  const ServedModels& models;
  CacheDesk cache;
  TextThread texts;
  Generator generator;
  TensorDesk tensors;
  Predictor predictor;
  Extractor extractor;
  Embedder embedder;
  Inference inference;
  Echo echo;
  std::vector<Meters> meters;
  const Desk desk;
  Envelope for_all, for_operators, at_the_socket;
};

Gateway::Gateway(GatewayParts parts) : rooms_(std::make_unique<Rooms>(std::move(parts))) {}
Gateway::~Gateway() = default;
net::Handler& Gateway::public_handler() { return rooms_->for_all; }
net::Handler& Gateway::admin_handler() { return rooms_->for_operators; }
net::Handler& Gateway::control_handler() { return rooms_->at_the_socket; }
void Gateway::set_bodies(BodyLimits bodies) { rooms_->bodies.set(bodies); }
void Gateway::review(const Reactor& reactor) {
  const auto here = static_cast<std::size_t>(reactor.index());
  rooms_->running[here].review(rooms_->authenticators[here], rooms_->clock.wall());
  rooms_->cache.review(rooms_->authenticators[here].directory());
}
void Gateway::forget_answers(std::string_view model) {
  if (const ServedModel* const served = rooms_->models.named(model)) rooms_->cache.forget_model(served->number);
}
LedgerBook& Gateway::ledger(const Reactor& reactor) { return rooms_->governor.book(static_cast<std::size_t>(reactor.index())); }
const BudgetUses& Gateway::budget_uses() const { return rooms_->governor; }
void Gateway::remember(const SpentBefore& before, const identity::Directory& directory) { rooms_->governor.remember(before, directory); }
void Gateway::learn_zones(const identity::Directory& directory) { rooms_->governor.learn_zones(directory); }
AuditBook& Gateway::audit(const Reactor& reactor) { return rooms_->audit[static_cast<std::size_t>(reactor.index())]; }
void Gateway::drain() { rooms_->ending.draining.store(true, std::memory_order_relaxed); }
void Gateway::cut_short() { rooms_->ending.cut_short.store(true, std::memory_order_relaxed); }

}  // namespace gatehouse::gateway
