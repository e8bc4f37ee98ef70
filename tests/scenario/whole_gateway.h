// tests/scenario/whole_gateway.h — the gateway with a scripted engine, a clock that stands still and no network, on one thread.
#pragma once
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fake_exchange.h"
#include "gatehouse/adapters/store_sqlite/sqlite_store.h"
#include "gatehouse/base/fake_clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/gateway/gateway.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/identity/house.h"
#include "gatehouse/runtime/run_task.h"
#include "scripted_engine.h"

namespace gatehouse::testing {

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

class WholeGateway {
 public:
  explicit WholeGateway(engine::ScriptedOptions engine_options = {}, const std::string& system_prompt = "", gateway::Ceilings ceilings = {},
                        gateway::LimitRules limits = {}, gateway::CacheRules cache = {})
      : reactor(0, clock),
        engine(reactor, std::move(engine_options)),
        folder_(make_folder()),
        ceilings_(ceilings),
        limits_(std::move(limits)),
        cache_(cache) {
    move_in();
    telemetry::AccessLogOptions to_file;
    to_file.file = folder_.path / "access.log";
    auto log = telemetry::AccessLog::open(to_file, clock);
    GH_ASSERT(log.ok());
    access_log_ = std::make_unique<telemetry::AccessLog>(std::move(*log));
    serve_model(system_prompt);
  }
  ~WholeGateway() = default;
  WholeGateway(const WholeGateway&) = delete;
  WholeGateway& operator=(const WholeGateway&) = delete;

  // Sends a request and lets everything happen that can happen without time passing.
  FakeExchange& ask(Ask what) { return ask(std::move(what), gateway_->public_handler()); }
  FakeExchange& ask(Ask what, net::Handler& door) {
    auto& exchange = *exchanges_.emplace_back(std::make_unique<FakeExchange>(reactor, std::move(what)));
    reactor.spawn(handle(exchange, door));
    settle();
    return exchange;
  }
  FakeExchange& chat(const std::string& content, const std::string& more = "") {
    return ask(Ask{wire::Method::post, "/v1/chat/completions", with_key(),
                   R"({"messages":[{"role":"user","content":")" + content + R"("}])" + more + "}"});
  }
  FakeExchange& get(const std::string& path) { return ask(Ask{wire::Method::get, path, {}, {}}); }
  std::vector<std::pair<std::string, std::string>> with_key() const { return {{"Authorization", "Bearer " + key_}}; }
  const std::string& key() const { return key_; }

  void settle() {
    while (reactor.context().poll() > 0) {
    }
  }
  void pass(nanoseconds time) {
    for (nanoseconds step = Reactor::tick_interval; time > nanoseconds(0); time -= step) {
      clock.advance(std::min<nanoseconds>(step, time));
      reactor.tick();
      settle();
    }
  }
  // What the access log holds; nothing more is written to it.
  std::string close_access_log() {
    telemetry::AccessLogOptions off;
    off.format = telemetry::AccessFormat::off;
    *access_log_ = std::move(*telemetry::AccessLog::open(off, clock));
    std::ifstream in(folder_.path / "access.log");
    return {std::istreambuf_iterator<char>(in), {}};
  }
  gateway::Gateway& gateway() { return *gateway_; }
  gateway::ServedModels& models() { return *models_; }

  FakeClock clock;
  Reactor reactor;
  ScriptedEngine engine;
  telemetry::Metrics metrics;

  identity::House& house() { return *house_; }
  limits::Inflight& journal() { return *journal_; }
  identity::Authenticator& authenticator() { return authenticators_.front(); }
  // Lets a task that waits for the store end.
  template <class T>
  T done(Task<T> task) {
    T result = run_task(reactor, std::move(task));
    reactor.context().restart();
    settle();
    return result;
  }

 private:
  // A store in memory, the first records, and a door that follows what changes.
  void move_in() {
    auto master = identity::prepare_data(folder_.path / "data", random_);
    GH_ASSERT(master.ok());
    auto keys = identity::DataKeys::of(*master);
    GH_ASSERT(keys.ok());
    auto store = adapters::SqliteStore::open({});
    GH_ASSERT(store.ok());
    store_ = std::move(*store);
    auto first = done(identity::initialise(reactor, *store_, {*keys, passwords_, random_, clock.wall()}));
    GH_ASSERT(first.ok());
    key_ = first->api_key.expose();
    auto issuers = std::make_shared<const identity::Issuers>();
    identity::HouseParts parts(*keys, issuers, passwords_, random_, clock);
    parts.registration.mode = identity::Registering::open;
    parts.registration.tenant = TenantId("demo");
    auto house = done(identity::House::open(reactor, *store_, std::move(parts)));
    GH_ASSERT(house.ok());
    house_ = std::move(*house);
    authenticators_.emplace_back(
        identity::AuthenticatorParts{house_->hasher(), random_, house_->registry().current(), nullptr, house_->sealer()});
  }
  void serve_model(const std::string& system_prompt) {
    auto journal = limits::Inflight::open(folder_.path / "inflight", {1, 4096, "this boot"});
    GH_ASSERT(journal.ok());
    journal_.emplace(std::move(*journal));
    journal_->clear();
    gateway::ServedModel model;
    model.name = "scripted";
    model.required = true;
    model.context = 4096;
    model.engine = &engine;
    model.system_prompt = system_prompt;
    models_ = std::make_unique<gateway::ServedModels>(std::vector<gateway::ServedModel>{model}, gateway::DefaultModels{.llm = "scripted"});
    gateway::ExplainRules explain_rules{models_.get(), ceilings_, nullptr};
    administration_ = std::make_unique<gateway::Administration>(*house_, models_.get(), clock, std::move(explain_rules));
    gateway_ = std::make_unique<gateway::Gateway>(gateway::GatewayParts{clock,
                                                                        random_,
                                                                        authenticators_,
                                                                        *models_,
                                                                        *administration_,
                                                                        metrics,
                                                                        *access_log_,
                                                                        "0.0.0",
                                                                        "test",
                                                                        1,
                                                                        *journal_,
                                                                        limits_,
                                                                        {},
                                                                        {},
                                                                        ceilings_,
                                                                        {},
                                                                        "Gatehouse",
                                                                        false,
                                                                        cache_});
    house_->registry().follow([this](const identity::DirectoryPtr& next) {
      gateway_->learn_zones(*next);
      authenticators_.front().follow(next);
      gateway_->review(reactor);
    });
  }
  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-scenario-XXXXXX").string();
    GH_ASSERT(mkdtemp(name.data()) != nullptr);
    return name;
  }
  static Task<void> handle(FakeExchange& exchange, net::Handler& door) {
    co_await door.handle(exchange);
    exchange.handled = true;
  }

  // Goes behind all that writes there: the log's own thread may be turning its file over.
  struct Folder {
    explicit Folder(std::filesystem::path path_) : path(std::move(path_)) {}
    ~Folder() { std::filesystem::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::filesystem::path path;
  };

  SeededRandom random_{7};
  const Folder folder_;
  const gateway::Ceilings ceilings_;
  const gateway::LimitRules limits_;
  const gateway::CacheRules cache_;
  std::optional<limits::Inflight> journal_;
  std::string key_;
  std::unique_ptr<adapters::SqliteStore> store_;
  identity::Passwords passwords_{{{1, 8}, 1, 8}, random_};
  std::unique_ptr<identity::House> house_;
  std::vector<identity::Authenticator> authenticators_;
  std::unique_ptr<telemetry::AccessLog> access_log_;
  std::unique_ptr<gateway::ServedModels> models_;
  std::unique_ptr<gateway::Administration> administration_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::vector<std::unique_ptr<FakeExchange>> exchanges_;
};

}  // namespace gatehouse::testing
