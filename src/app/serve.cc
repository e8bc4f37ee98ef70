#include <malloc.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <optional>

#include "commands.h"
#include "compose.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/telemetry/log.h"
#include "options.h"

namespace gatehouse::app {
namespace {

constexpr seconds last_handlers{5};  // for what works on when its connection is closed
constexpr seconds last_words{2};     // for answers that are cut short to say so
constexpr milliseconds glance{20};   // how often a wait looks whether it is over

// Keys and prompts live in this process: its memory is written to no disk.
void forbid_core_dumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

// What a large request took goes back to the system with its end. glibc would otherwise learn from it to keep that much.
void keep_memory_small() {
  constexpr int own_mapping_from = 256 * 1024, kept_free = 1024 * 1024;
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, own_mapping_from);
  mallopt(M_TRIM_THRESHOLD, kept_free);
}

void say_first_start(const identity::FirstStart& made, const std::string& data) {
  std::cout << "First start: " << data << " is new.\n\n"
            << "  administrator  " << made.admin << "\n"
            << "  password       " << made.admin_password.expose() << "   (shown this once)\n"
            << "  tenant         " << made.tenant.value() << "\n"
            << "  API key        " << made.api_key.expose() << "   (shown this once)\n"
            << std::endl;
}

// A line that works when it is pasted: the listener and the key are the real ones.
void say_how_to_try(const std::string& url, const Secret<std::string>& key) {
  std::cout << "Try it:\n\n"
            << "  curl " << url << "/v1/chat/completions -H 'Authorization: Bearer " << key.expose()
            << "' -H 'Content-Type: application/json' -d '{\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"What is the "
               "capital of France?\"}]}'\n"
            << std::endl;
}

// systemd's readiness protocol: one datagram, where a socket is named.
void tell_supervisor(const char* message) {
  const char* name = std::getenv("NOTIFY_SOCKET");  // NOLINT: read once, before anything sets variables
  if (name == nullptr || (name[0] != '/' && name[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(name);
  if (length >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, name, length);
  if (name[0] == '@') address.sun_path[0] = '\0';
  const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sendto(socket.get(), message, std::strlen(message), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address),
         static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length));
}

// What a reload takes; secrets of issuers are read with it.
struct Reread {
  Configuration configuration;
  Result<identity::IssuersPtr> issuers;
};

Reread read_again(const ConfigurationOptions& sources) {
  Configuration configuration = read_configuration(sources);
  Result<identity::IssuersPtr> issuers = configuration.ok() ? make_issuers(configuration.settings) : identity::IssuersPtr();
  return {std::move(configuration), std::move(issuers)};
}

Status must_be_loopback(const ServerSettings& settings) {
  for (const std::string& text : settings.listen) {
    const Result<net::Endpoint> endpoint = parse_endpoint(text);
    if (endpoint && is_loopback(*endpoint)) continue;
    return operator_error("hooks_exposed", "--test-hooks is for loopback alone, and '" + text + "' can be reached by others");
  }
  return ok();
}

// From start to the last connection, on the control reactor.
class Life {
 public:
  Life(Server& server, telemetry::Logging& logging, ConfigurationOptions sources, const Configuration& first,
       std::optional<Secret<std::string>> new_key)
      : server_(server),
        new_key_(std::move(new_key)),
        logging_(logging),
        sources_(std::move(sources)),
        settings_(first.settings),
        in_force_(first.reading.values),
        control_(server.control()),
        signals_(control_.context(), SIGTERM, SIGINT, SIGHUP),
        asked_(control_),
        pause_(control_.context()) {}

  int run() {
    const Status started = server_.start();
    if (!started) return report(started.error());
    await_signal();
    control_.spawn(live());
    control_.run();
    return exit_code_;
  }

 private:
  void await_signal() {
    signals_.async_wait([this](const boost::system::error_code& failed, int number) {
      if (failed) return;
      if (number == SIGHUP) {
        logging_.reopen();
        server_.reopen_logs();
        server_.look_for_models();
        if (++asked_to_reload_ == 1) control_.spawn(reload());
      } else {
        ++asked_to_stop_;
        asked_.raise();
      }
      await_signal();
    });
  }

  // One at a time; what is asked for meanwhile is done once more, behind it.
  Task<void> reload() {
    while (asked_to_reload_ > 0) {
      asked_to_reload_ = 1;
      std::function<Reread(Worker&)> read = [sources = sources_](Worker&) { return read_again(sources); };
      auto reading = server_.files().run<Reread>(control_, std::move(read));
      const std::optional<Reread> wanted = co_await std::move(reading);
      if (wanted) adopt(*wanted);
      if (!wanted) telemetry::log::error("config", "the configuration is not reloaded: too much waits for the disk");
      --asked_to_reload_;
    }
  }

  // All of it, or nothing.
  void adopt(const Reread& reread) {
    const Configuration& wanted = reread.configuration;
    for (const config::Fault& fault : wanted.reading.faults) telemetry::log::error("config", to_text(fault));
    if (!wanted.ok()) {
      telemetry::log::error("config", "the configuration is not reloaded: what was in force stays",
                            {{"faults", wanted.reading.faults.size()}});
      return;
    }
    const Status issuers = reread.issuers ? server_.set_issuers(wanted.settings.auth.issuers, **reread.issuers) : reread.issuers.error();
    if (!issuers) {
      telemetry::log::error("config", "the configuration is not reloaded: what was in force stays",
                            {{"error", issuers.error().describe()}});
      return;
    }
    const Reload plan = plan_reload(settings_schema().keys(), in_force_, wanted.reading.values);
    in_force_ = plan.in_force;
    settings_ = settings_schema().settings(in_force_);
    logging_.set_level(settings_.log.level);
    server_.set_limits(settings_.server);
    for (const std::string& key : plan.applied) telemetry::log::info("config", "changed", {{"key", key}});
    for (const std::string& key : plan.waiting) telemetry::log::warn("config", "a restart applies what has changed", {{"key", key}});
    telemetry::log::info("config", "reloaded", {{"changed", plan.applied.size()}, {"waiting", plan.waiting.size()}});
  }

  Task<void> live() {
    while (asked_to_stop_ == 0 && !server_.settled()) co_await glance_later();
    if (asked_to_stop_ == 0) say_ready();
    while (asked_to_stop_ == 0) co_await asked_.wait();
    tell_supervisor("STOPPING=1");
    telemetry::log::info("serve", "draining", {{"connections", server_.open_connections()}});
    server_.drain();
    Instant until = control_.clock().now() + settings_.server.drain_deadline;
    while (server_.open_connections() > 0 && asked_to_stop_ < 2 && control_.clock().now() < until) co_await glance_later();
    server_.cut_answers_short();
    until = control_.clock().now() + last_words;
    while (server_.open_connections() > 0 && control_.clock().now() < until) co_await glance_later();
    server_.close_connections();
    // Who still waits for the store or for a password: the reactor that it comes back to must be there.
    until = control_.clock().now() + last_handlers;
    while (server_.handlers() > 0 && control_.clock().now() < until) co_await glance_later();
    co_await server_.stop_issuers();
    co_await server_.write_down();
    co_await server_.stop_engines();
    telemetry::log::info("serve", "stopped");
    signals_.cancel();
    control_.stop();
  }

  void say_ready() {
    if (!server_.ready()) telemetry::log::error("serve", "a required model failed for good; its routes answer 503");
    if (new_key_) say_how_to_try(url_of(server_.public_endpoint()), *new_key_);
    new_key_.reset();
    std::cout << "gatehouse ready: " << url_of(server_.public_endpoint()) << " (admin " << url_of(server_.admin_endpoint()) << ")"
              << std::endl;
    tell_supervisor("READY=1");
  }

  Task<void> glance_later() {
    pause_.expires_after(glance);
    co_await pause_.async_wait(use_task);
  }

  Server& server_;
  std::optional<Secret<std::string>> new_key_;  // made by this start
  telemetry::Logging& logging_;
  const ConfigurationOptions sources_;
  Settings settings_;                    // in force
  std::vector<config::Value> in_force_;  // the same, by key
  Reactor& control_;
  boost::asio::basic_signal_set<Executor> signals_;
  Signal asked_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, Executor> pause_;
  int asked_to_stop_ = 0, asked_to_reload_ = 0;
  int exit_code_ = exit_well;
};

}  // namespace

int serve(const ServeOptions& options) {
  std::signal(SIGHUP, SIG_IGN);  // until Life takes it: who asks for a reload too early must not end the process
  forbid_core_dumps();
  keep_memory_small();
  const Configuration configuration = read_configuration(options.configuration);
  if (!configuration.ok()) return report(configuration.reading.faults);
  const Settings& settings = configuration.settings;
  const SystemClock clock;
  Result<telemetry::Logging> logging = telemetry::Logging::open(log_options(settings), clock);
  if (!logging) return report(logging.error());
  for (const std::string& note : configuration.reading.notes) telemetry::log::warn("config", note);
  const Status hooks = options.test_hooks ? must_be_loopback(settings.server) : ok();
  if (!hooks) return report(hooks.error()), exit_usage;
  ServerPlan plan{clock, *logging, options.data, options.reactors, options.test_hooks, settings, std::nullopt};
  plan.signing = wanted_signing(configuration);
  std::optional<Secret<std::string>> new_key;
  auto server = Server::compose(plan, [&](const identity::FirstStart& made) {
    say_first_start(made, plan.data);
    new_key.emplace(made.api_key.expose());
  });
  if (!server) return server.error().reason() == "model_missing" ? report(server.error()), exit_missing : report(server.error());
  return Life(**server, *logging, options.configuration, configuration, std::move(new_key)).run();
}

}  // namespace gatehouse::app
