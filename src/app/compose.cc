#include "compose.h"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

#include "commands.h"
#include "gatehouse/adapters/llama_model.h"
#include "gatehouse/config/units.h"
#include "gatehouse/runtime/run_task.h"
#include "gatehouse/telemetry/log.h"
#include "machine_memory.h"
#include "model_parts.h"
#include "options.h"
#include "price_settings.h"

namespace gatehouse::app {

namespace {

namespace log = telemetry::log;

constexpr seconds between_looks_at_keys{1};
constexpr seconds longest_wait_for_issuers{2};  // before the ready line, which comes without them, too

std::size_t cores() { return std::max(1U, std::thread::hardware_concurrency()); }
std::size_t reactor_count(const ServerPlan& plan) { return plan.reactors > 0 ? plan.reactors : cores(); }

Error model_missing(const std::string& what) {
  return operator_error("model_missing", what + " is in none of the model folders; ./run serve fetches it, --models names another folder");
}

// Every model that the settings name is there.
Status check_names(const gateway::ServedModels& models, const ModelSettings& settings) {
  if (models.language_model({}) == nullptr) return model_missing("the language model '" + settings.default_llm + "'");
  for (const std::string& name : settings.required) {
    if (models.named(name) == nullptr) return model_missing("the model '" + name + "' of models.required");
  }
  for (const auto& [alias, name] : settings.aliases) {
    if (models.named(name) == nullptr) return model_missing("the model '" + name + "' of the alias '" + alias + "'");
  }
  return ok();
}

}  // namespace

Result<std::unique_ptr<Server>> Server::compose(const ServerPlan& plan, const OnFirstStart& on_first_start) {
  GH_TRY(telemetry::AccessLog access_log, telemetry::AccessLog::open(access_log_options(plan.settings), plan.clock));
  std::unique_ptr<Server> server(new Server(plan, std::move(access_log)));
  GH_TRY(server->data_, DataFolder::open_in_turn(plan.data, plan.settings, on_first_start, &server->metrics_));
  GH_CHECK(server->follow_signing(plan.signing));
  identity::Registry& registry = server->data_->house().registry();
  server->issuers_ = std::make_unique<OutsideIssuers>(server->control_, server->files_, registry);
  GH_CHECK(server->set_issuers(plan.settings.auth.issuers, *registry.current()->issuers()));
  server->add_authenticators(plan.settings);
  GH_CHECK(server->make_spawner(plan.settings.llama));
  GH_CHECK(server->add_models(plan.settings));
  GH_CHECK(server->open_journal(plan.data));
  GH_CHECK(server->add_listeners(plan));
  GH_CHECK(server->remember_what_was_spent());
  GH_CHECK(server->read_lexicons());
  GH_TRY(CheckpointFile checkpoints, server->open_checkpoints(plan.data));
  server->checkpointer_ =
      std::make_unique<Checkpointer>(server->control_, server->files_, server->data_->house().audit(), std::move(checkpoints));
  server->forgetter_ =
      std::make_unique<Forgetter>(server->control_, registry, server->data_->house().audit(), plan.settings.audit.retention);
  server->watch_logs(plan.logging);
  return server;
}

Server::Server(const ServerPlan& plan, telemetry::AccessLog access_log)
    : clock_(plan.clock),
      access_log_(std::move(access_log)),
      hashes_(std::filesystem::path(plan.data) / "model_hashes.json", clock_),
      control_(static_cast<int>(reactor_count(plan)), clock_),
      reactors_(reactor_count(plan), clock_),
      files_("files", 1, 1024),  // all versions of all models may be checked at once
      syncs_("syncs", 1, 1024),
      retirement_(control_, [this] { control_.spawn(tidy_signing_keys()); }),
      parted_(control_) {
  const auto tell = [](const char* what) { log::error("server", "a task broke", {{"error", what}}); };
  control_.on_escaped = tell;
  for (Reactor* const reactor : reactors_.all()) reactor->on_escaped = tell;
}

Server::~Server() { reactors_.stop(); }

// A configuration that says another algorithm or secret than before gets its key; nobody is logged out by that.
Status Server::follow_signing(const std::optional<identity::NewSigningKey>& wanted) {
  if (!wanted) return ok();
  Reactor reactor(0, clock_);
  GH_TRY(const std::optional<identity::Rotation> rotation, run_task(reactor, data_->house().key_ring().follow(reactor, *wanted)));
  if (!rotation) return ok();
  log::warn(
      "keys",
      "tokens are signed with a new key, because auth.algorithm or auth.secret is another one; those of the key before it are taken until "
      "they expire",
      {{"kid", rotation->made.kid}, {"algorithm", rotation->made.algorithm}, {"overlap", config::to_text(rotation->overlap)}});
  return ok();
}

// Looks as long as there is a key that retires.
void Server::watch_signing_keys() {
  data_->house().registry().follow([this](const identity::DirectoryPtr& next) {
    if (!next->signing_keys()->next_retirement) return;
    control_.post([this] {
      if (!retirement_.armed()) retirement_.arm_in(between_looks_at_keys);
    });
  });
}

Task<void> Server::tidy_signing_keys() {
  const Status tidied = co_await data_->house().key_ring().tidy(control_);
  if (!tidied) log::warn("keys", "a signing key that has retired cannot be put away yet", {{"error", tidied.error().describe()}});
  const identity::DirectoryPtr directory = data_->house().registry().current();
  if (directory->signing_keys()->next_retirement) retirement_.arm_in(between_looks_at_keys);
}

bool Server::settled() const { return models_->settled() && (issuers_->complete() || control_.clock().now() >= issuers_awaited_until_); }

// What an earlier process did not settle is settled before anything is served.
Status Server::open_journal(const std::string& data) {
  limits::Inflight::Options options;
  options.parts = static_cast<std::uint32_t>(reactors_.size());
  options.boot = limits::boot_id();
  GH_TRY(limits::Inflight journal, limits::Inflight::open(std::filesystem::path(data) / "inflight", options));
  journal_.emplace(std::move(journal));
  Reactor reactor(0, clock_);
  GH_TRY(const std::size_t settled, run_task(reactor, settle_what_was_left(reactor, data_->store().ledger(), *journal_)));
  if (settled > 0) log::warn("limits", "calls that the process before did not end are settled", {{"calls", std::to_string(settled)}});
  // Those among them that are made once are broken off with that: whatever is still in flight cost nothing, and may be asked again.
  GH_TRY([[maybe_unused]] const std::size_t unmade, run_task(reactor, data_->store().idempotent_calls().take_back_all(reactor)));
  for (std::uint32_t i = 0; i < options.parts; ++i) {
    GH_TRY(const std::int64_t last, run_task(reactor, LedgerWriter::last_of(reactor, data_->store().ledger(), i)));
    settled_before_.push_back(last);
  }
  return ok();
}

// Where it has to be made anew, or goes on shorter than it was, that is on record before it is done: whoever cuts the trail back takes it
// away, too.
Result<CheckpointFile> Server::open_checkpoints(const std::string& data) {
  const std::filesystem::path path = checkpoints_of(data);
  const identity::AuditDesk& audit = data_->house().audit();
  Reactor reactor(0, clock_);
  GH_TRY(const std::vector<telemetry::AuditHead> heads, run_task(reactor, audit.heads(reactor)));
  GH_TRY(const telemetry::CheckpointMark mark, run_task(reactor, audit.checkpoint_mark(reactor)));
  if (std::filesystem::exists(path)) {
    GH_TRY(CheckpointFile file, CheckpointFile::open(path));
    GH_TRY(const bool whole, file.comes_to(mark));
    if (whole) return file;
    log::warn("audit", "audit.checkpoints has lost its end and goes on without", {});
  } else if (heads.empty()) {
    return CheckpointFile::open(path);
  } else {
    log::warn("audit", "audit.checkpoints was gone and begins anew", {});
  }
  telemetry::AuditRecord record;
  record.time = std::chrono::floor<std::chrono::microseconds>(clock_.wall());
  record.tenant = TenantId(std::string(identity::reserved_tenant));
  record.action = "begin_checkpoints";
  record.outcome = "ok";
  GH_CHECK(run_task(reactor, audit.append(reactor, {record})));
  GH_TRY(CheckpointFile file, CheckpointFile::open(path));
  GH_CHECK(run_task(reactor, audit.mark_checkpoints(reactor, file.mark())));
  return file;
}

Status Server::remember_what_was_spent() {
  Reactor reactor(0, clock_);
  GH_TRY(const gateway::SpentBefore before, run_task(reactor, spent_before(reactor, data_->store(), clock_.wall())));
  gateway_->remember(before, *data_->house().registry().current());
  return ok();
}

void Server::add_authenticators(const Settings& settings) {
  identity::House& house = data_->house();
  const identity::DirectoryPtr directory = house.registry().current();
  if (settings.auth.mode == AuthMode::off) {
    log::warn("serve", "everybody is let in as the tenant demo (auth.mode)");
    if (const auto* tenant = directory->tenant(TenantId(std::string(identity::first_tenant))))
      everybody_ = identity::anybody(tenant->record);
  }
  for (std::size_t i = 0; i < reactors_.size(); ++i) {
    authenticators_.emplace_back(
        identity::AuthenticatorParts{house.hasher(), random_, directory, everybody_, house.sealer(), settings.server.public_url});
  }
}

// What changes is seen by every reactor, and by the answers that it is making.
void Server::follow_registry() {
  data_->house().registry().follow([this](const identity::DirectoryPtr& next) {
    gateway_->learn_zones(*next);
    for (std::size_t i = 0; i < reactors_.size(); ++i) {
      reactors_[i].post([this, i, next] {
        authenticators_[i].follow(next);
        gateway_->review(reactors_[i]);
      });
    }
  });
}

Status Server::make_spawner(const LlamaSettings& settings) {
  if (settings.isolation == Isolation::process) {
    spawner_ = std::make_unique<adapters::ProcessSpawner>("/proc/self/exe", std::vector<std::string>{"engine", "llama"});
    return ok();
  }
  log::warn("engine", "language models run inside the server: a model that breaks ends it (engine.llama.isolation)");
  GH_CHECK(adapters::load_cpu_backends(adapters::library_directory()));
  spawner_ = std::make_unique<adapters::ThreadSpawner>(adapters::load_llama_model, clock_);
  return ok();
}

Status Server::add_models(const Settings& settings) {
  std::vector<model::Entry> found = model::scan(model_folders(settings.models));
  for (const model::Entry& entry : model::newest(found)) {
    if (!entry.manifest) {
      log::warn("models", "a model cannot be served", {{"model", entry.name}, {"error", entry.manifest.error().describe()}});
    } else if (entry.manifest->kind == model::Kind::llm) {
      add_engine(entry, settings);
    } else if (entry.manifest->kind == model::Kind::nlu) {
      GH_CHECK(add_nlu_engine(entry, settings));
    } else if (reads_texts(entry.manifest->kind)) {
      GH_CHECK(add_text_engine(entry, settings));
    }
  }
  models_ = std::make_unique<gateway::ServedModels>(std::move(served_), default_models(settings.models), settings.models.aliases);
  if (!tensor_spawner_) GH_CHECK(make_tensor_spawner(settings.onnx));
  versions_ = std::make_unique<ModelVersions>(control_, files_, *models_, version_parts(settings));
  ModelFolders::Parts folders{model_folders(settings.models), settings.models.watch};
  folders_ = std::make_unique<ModelFolders>(control_, files_, *versions_, std::move(folders));
  folders_->take_up(std::move(found));
  models_->set_orders([this](gateway::ModelOrder order, gateway::OrderTold told) { folders_->give(std::move(order), std::move(told)); });
  warn_of_idle_prices(settings.prices, *models_);
  return check_names(*models_, settings.models);
}

void Server::add_engine(const model::Entry& entry, const Settings& settings) {
  const model::ManifestFile file = entry.manifest->files.front();
  adapters::ChildEngineOptions engine;
  engine.load.model = entry.name;
  engine.load.seats = settings.llama.sequences;
  engine.load.seat_cells = settings.llama.context;
  engine.load.threads = settings.llama.compute_threads();
  engine.load.queue = settings.llama.queue;
  engine.load.prefill_chunk = settings.llama.prefill_chunk;
  engine.hang_patience = settings.llama.hang_after;
  engine.recycle = {settings.llama.recycle_after, settings.llama.recycle_calls, settings.llama.recycle_memory.value()};
  engine.spare_memory = [] { return machine_memory().free_bytes; };
  engine.room_for = [name = entry.name, limits = entry.manifest->limits, llama = settings.llama, this](const Fd& model) {
    return loading_memory_.reserve(name, model, limits, llama);
  };
  engine.room_unused = [name = entry.name, this] { loading_memory_.release(name); };
  engine.lazy = settings.models.lazy && !is_required(entry.name, settings.models);
  engine.sleep_after = settings.models.sleep_after;
  engine.load.prefix_bytes = std::uint64_t{settings.llama.prefix_memory} * 1024 * 1024;
  engine.open_model = [path = entry.folder / file.path, sha256 = file.sha256, this] { return model::open_verified(path, sha256, hashes_); };
  engine.on_state = [name = entry.name, number = engines_.size(), this](const wire::engine::State& state, const std::string& event) {
    if (event == "model ready") {
      loading_memory_.loaded(name, [loaded = engines_[number].get()] { return loaded->state().memory_left; });
    } else if (event != "engine started" && state.state != wire::engine::ModelState::ready) {
      loading_memory_.release(name);
    }
    if (event == "model unloaded") gateway_->forget_answers(name);
    log_state(name, state, event);
  };
  engine.on_output = [name = entry.name](const std::string& line) { log::warn("engine", line, {{"model", name}}); };
  engines_.push_back(std::make_unique<adapters::ChildEngine>(control_, reactors_.all(), files_, *spawner_, std::move(engine)));
  at_start_.push_back(engines_.back().get());

  gateway::ServedModel served;
  served.name = entry.name;
  served.version = std::to_string(entry.version);
  served.created = unix_seconds(clock_.wall());
  served.context = settings.llama.context;
  served.system_prompt = entry.manifest->chat.system_prompt;
  served.required = is_required(entry.name, settings.models);
  served.engine = engines_.back().get();
  served_.push_back(std::move(served));
}

Status Server::add_listeners(const ServerPlan& plan) {
  const ServerSettings& settings = plan.settings.server;
  gateway::ExplainRules explain_rules{models_.get(), ceilings(plan.settings.models), everybody_};
  gateway::LimitRules limits = limit_rules(plan.settings.limits, plan.settings.prices);
  if (!limits.on) log::warn("limits", "nobody is limited (limits.mode)");
  for (const std::string& line : gateway::list_of(limits)) log::info("limits", "in force", {{"limit", line}});
  if (plan.test_hooks) log::warn("serve", "there are routes for measurements (--test-hooks)");
  gateway::EdgeRules edge = edge_rules(settings);
  if (settings.home.empty() && models_->nlu_model({}) != nullptr) edge.home = "/nlu";
  if (plan.settings.limits.quota_status == QuotaStatus::payment_required) edge.used_up_status = 402;
  administration_ = std::make_unique<gateway::Administration>(data_->house(), models_.get(), clock_, std::move(explain_rules));
  gateway_ = std::make_unique<gateway::Gateway>(gateway::GatewayParts{
      clock_, random_, authenticators_, *models_, *administration_, metrics_, access_log_, version_text, build_text, reactors_.size(),
      *journal_, std::move(limits), body_limits(settings.limits), std::move(edge), ceilings(plan.settings.models),
      content_rules(plan.settings.audit), settings.title, plan.test_hooks, cache_rules(plan.settings.cache)});
  administration_->follow(gateway_->budget_uses());
  if (settings.memory_mark.value() > 0) memory_mark_ = std::make_unique<MemoryMark>(control_, settings.memory_mark, *models_, metrics_);
  std::vector<net::Endpoint> endpoints;
  for (const std::string& text : settings.listen) {
    GH_TRY(net::Endpoint endpoint, parse_endpoint(text));
    endpoints.push_back(std::move(endpoint));
  }
  GH_TRY(const net::Endpoint admin, parse_endpoint(settings.admin_listen));
  public_server_ = std::make_unique<net::HttpServer>(server_limits(settings), gateway_->public_handler(), std::move(endpoints));
  admin_server_ = std::make_unique<net::HttpServer>(net::ServerLimits(), gateway_->admin_handler(), std::vector<net::Endpoint>{admin});
  control_server_ = std::make_unique<net::HttpServer>(net::ServerLimits(), gateway_->control_handler(),
                                                      std::vector<net::Endpoint>{net::Endpoint::unix_socket(control_socket_of(plan.data))});
  watch_connections();
  return ok();
}

void Server::set_limits(const ServerSettings& settings) {
  public_server_->set_limits(server_limits(settings));
  gateway_->set_bodies(body_limits(settings.limits));
}

void Server::watch_connections() {
  metrics_.watch(telemetry::Metrics::Kind::gauge, "gatehouse_connections", "Open connections",
                 std::function<double()>([this] { return static_cast<double>(public_server_->counts().open); }));
}

void Server::watch_logs(const telemetry::Logging& logging) {
  metrics_.watch(telemetry::Metrics::Kind::counter, "gatehouse_log_lines_dropped_total",
                 "Log lines that found no room, or that a file or reader did not take",
                 std::function<std::vector<telemetry::Sample>()>([this, &logging] {
                   std::vector<telemetry::Sample> samples(2);
                   samples[0].labels = {{"log", "log"}};
                   samples[0].value = static_cast<double>(logging.dropped());
                   samples[1].labels = {{"log", "access_log"}};
                   samples[1].value = static_cast<double>(access_log_.dropped());
                   return samples;
                 }));
}

Status Server::start() {
  GH_CHECK(public_server_->start(reactors_.all()));
  GH_CHECK(admin_server_->start({&reactors_[0]}));
  GH_CHECK(control_server_->start({&reactors_[0]}));
  follow_registry();
  watch_signing_keys();
  issuers_->start();
  issuers_awaited_until_ = clock_.now() + longest_wait_for_issuers;
  for (std::size_t i = 0; i < reactors_.size(); ++i) {
    const LedgerParts parts{data_->store().ledger(), gateway_->ledger(reactors_[i]), *journal_, syncs_, static_cast<std::uint32_t>(i)};
    LedgerWriter ledger(parts, settled_before_[i]);
    scribes_.push_back(std::make_unique<Scribe>(reactors_[i], data_->store(), authenticators_[i], std::move(ledger)));
    scribes_.back()->begin();
    journal_->part(i).on_many([scribe = scribes_.back().get()] { scribe->hurry(); });
    audit_scribes_.push_back(std::make_unique<AuditScribe>(reactors_[i], data_->house().audit(), gateway_->audit(reactors_[i])));
    audit_scribes_.back()->begin();
  }
  forgetter_->begin();
  checkpointer_->begin();
  if (memory_mark_) memory_mark_->begin();
  folders_->begin();
  reactors_.start();
  for (adapters::ChildEngine* engine : at_start_) engine->start();
  return ok();
}

void Server::drain() {
  gateway_->drain();
  public_server_->stop_accepting();
}

void Server::cut_answers_short() { gateway_->cut_short(); }

std::uint64_t Server::open_connections() const { return public_server_->counts().open; }

std::uint64_t Server::handlers() const {
  return public_server_->counts().open + admin_server_->counts().open + control_server_->counts().open;
}

void Server::close_connections() {
  public_server_->close_all();
  for (const auto& server : {admin_server_.get(), control_server_.get()}) {
    server->stop_accepting();
    server->close_all();
  }
}

Task<void> Server::write_down() {
  for (const auto& scribe : scribes_) co_await scribe->write_down(control_);
  for (const auto& scribe : audit_scribes_) co_await scribe->write_down(control_);
  co_await checkpointer_->write();
}

Task<void> Server::stop_engines() {
  folders_->stop();
  versions_->stop();
  for (const auto& engine : engines_) co_await engine->stop();
  while (!parting_.empty()) co_await parted_.wait();
}

}  // namespace gatehouse::app
