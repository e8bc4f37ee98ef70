#include "gatehouse/gateway/gateway.h"

#include <atomic>
#include <vector>

#include "body_limits.h"
#include "envelope.h"
#include "gatehouse/telemetry/process_stats.h"

namespace gatehouse::gateway {

namespace {

using Kind = telemetry::Metrics::Kind;

// One value a model, asked of its engine's last state.
template <class Read>
std::function<std::vector<telemetry::Sample>()> each_model(const ServedModels& models, Read read) {
  return [&models, read] {
    std::vector<telemetry::Sample> samples;
    for (const ServedModel& model : models.all()) {
      telemetry::Sample sample;
      sample.labels = {{"model", model.name}};
      sample.value = static_cast<double>(read(model.engine->state()));
      samples.push_back(std::move(sample));
    }
    return samples;
  };
}

std::vector<telemetry::Sample> kv_cells(const ServedModels& models) {
  std::vector<telemetry::Sample> samples;
  for (const ServedModel& model : models.all()) {
    const wire::engine::State state = model.engine->state();
    const auto add = [&](const char* which, double value) {
      telemetry::Sample sample;
      sample.labels = {{"model", model.name}, {"state", which}};
      sample.value = value;
      samples.push_back(std::move(sample));
    };
    add("used", static_cast<double>(state.kv_cells));
    add("total", static_cast<double>(state.seats) * state.seat_cells);
  }
  return samples;
}

void watch_models(telemetry::Metrics& metrics, const ServedModels& models) {
  using State = const wire::engine::State&;
  metrics.watch(Kind::gauge, "gatehouse_sequences", "Seats taken", each_model(models, [](State s) { return s.sequences; }));
  metrics.watch(Kind::gauge, "gatehouse_jobs", "Jobs that an engine knows of", each_model(models, [](State s) { return s.jobs; }));
  metrics.watch(Kind::gauge, "gatehouse_queue_depth", "Jobs that wait for a seat", each_model(models, [](State s) { return s.queued; }));
  metrics.watch(Kind::gauge, "gatehouse_saved_sequences", "Sequences that have given their seat to another tenant and will go on",
                each_model(models, [](State s) { return s.saved; }));
  metrics.watch(Kind::gauge, "gatehouse_saved_bytes", "Memory of the states of such sequences",
                each_model(models, [](State s) { return s.saved_bytes; }));
  metrics.watch(Kind::counter, "gatehouse_seats_given_back_total", "Seats given back while their sequence had more to say",
                each_model(models, [](State s) { return s.given_back; }));
  metrics.watch(Kind::gauge, "gatehouse_engine_open_fds", "Open descriptors of an engine",
                each_model(models, [](State s) { return s.open_fds; }));
  metrics.watch(Kind::gauge, "gatehouse_engine_resident_memory_bytes", "Resident memory of an engine",
                each_model(models, [](State s) { return s.rss_bytes; }));
  metrics.watch(Kind::counter, "gatehouse_engine_compute_seconds_total",
                "CPU time of an engine's loop inside the model: passes and sampling",
                each_model(models, [](State s) { return static_cast<double>(s.compute_us) / 1e6; }));
  metrics.watch(Kind::counter, "gatehouse_engine_steps_total", "Passes over a model: decode steps and chunks of prompts",
                each_model(models, [](State s) { return s.steps; }));
  metrics.watch(Kind::gauge, "gatehouse_kv_cells", "Cells of the KV cache: written, and all",
                std::function<std::vector<telemetry::Sample>()>([&models] { return kv_cells(models); }));
}

void watch_process(telemetry::Metrics& metrics, const ServedModels& models, const Levels& levels) {
  using Read = std::function<double()>;
  metrics.watch(Kind::gauge, "process_open_fds", "Open descriptors of this process", Read([] {
                  const auto stats = telemetry::process_stats();
                  return stats ? static_cast<double>(stats->open_fds) : 0.0;
                }));
  metrics.watch(Kind::gauge, "process_resident_memory_bytes", "Resident memory of this process", Read([] {
                  const auto stats = telemetry::process_stats();
                  return stats ? static_cast<double>(stats->resident_bytes) : 0.0;
                }));
  metrics.watch(Kind::gauge, "llm_api_memory_usage_bytes", "Resident memory of this process and its engines",
                Read([&models] { return static_cast<double>(models.resident_bytes()); }));
  metrics.watch(Kind::gauge, "llm_api_active_requests", "Requests being answered",
                Read([&levels] { return static_cast<double>(levels.active_requests.load(std::memory_order_relaxed)); }));
  metrics.watch(Kind::gauge, "gatehouse_streams", "Streams being sent",
                Read([&levels] { return static_cast<double>(levels.streams.load(std::memory_order_relaxed)); }));
}

// Pages, and what they show. Where they are closed they do not exist.
bool is_documentation(const Route& route) { return route.page || route.action == Action::openapi; }

std::vector<Route> routes_for(const EdgeRules& rules) {
  std::vector<Route> routes;
  for (const Route& route : public_routes()) {
    if (rules.docs || !is_documentation(route)) routes.push_back(route);
  }
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
        usage(parts.reactors),
        doorkeeper(parts.authenticators),
        rules(std::move(parts.edge)),
        routes(routes_for(rules)),
        small_routes(parts.models, parts.metrics, SmallFacts{parts.version, parts.build, parts.title, home_of(rules)}),
        bodies(parts.bodies),
        generator(parts.models, parts.ceilings, doorkeeper, parts.random, bodies, levels, ending, running),
        meters(parts.reactors, Meters(parts.metrics)),
        desk{parts.clock, parts.random, doorkeeper, small_routes, parts.administration, bodies, generator, parts.access_log,
             meters,      usage,        levels,     ending},
        for_all(desk, routes, rules),
        for_operators(desk, admin_routes(), any_asker),
        at_the_socket(desk, control_routes(), any_asker, identity::operator_at_the_socket()) {
    watch_models(parts.metrics, parts.models);
    watch_process(parts.metrics, parts.models, levels);
  }

  const Clock& clock;
  std::vector<identity::Authenticator>& authenticators;
  std::vector<Running> running;
  std::vector<UsageBook> usage;
  Ending ending;
  Levels levels;
  const Doorkeeper doorkeeper;
  const EdgeRules rules, any_asker;
  const std::vector<Route> routes;
  const SmallRoutes small_routes;
  CurrentBodyLimits bodies;
  Generator generator;
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
}
UsageBook& Gateway::usage(const Reactor& reactor) { return rooms_->usage[static_cast<std::size_t>(reactor.index())]; }
void Gateway::drain() { rooms_->ending.draining.store(true, std::memory_order_relaxed); }
void Gateway::cut_short() { rooms_->ending.cut_short.store(true, std::memory_order_relaxed); }

}  // namespace gatehouse::gateway
