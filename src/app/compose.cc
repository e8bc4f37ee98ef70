#include "compose.h"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

#include "commands.h"
#include "gatehouse/telemetry/log.h"

namespace gatehouse::app {

namespace {

namespace log = telemetry::log;

std::size_t cores() { return std::max(1U, std::thread::hardware_concurrency()); }
std::size_t reactor_count(const ServeOptions& options) { return options.reactors > 0 ? options.reactors : cores(); }
std::uint32_t engine_threads(const ServeOptions& options) {
  return options.engine_threads > 0 ? options.engine_threads : static_cast<std::uint32_t>(std::max<std::size_t>(1, cores() - 1));
}

// The key of the data folder's first tenant, made now when there is none yet.
Result<identity::KeyRing> open_keys(const ServeOptions& options, const Server::FirstStart& first_start) {
  if (!identity::is_initialised(options.data)) {
    SystemRandom random;
    GH_TRY(const identity::FirstStart made, identity::initialise(options.data, random, SystemClock().wall()));
    first_start(made);
  }
  return identity::open_identity(options.data);
}

Result<std::vector<net::Endpoint>> public_endpoints(const ServeOptions& options) {
  std::vector<net::Endpoint> endpoints;
  for (const std::string& text : options.listen) {
    GH_TRY(net::Endpoint endpoint, parse_endpoint(text));
    if (!is_loopback(endpoint) && !options.insecure_http) {
      return operator_error("plain_http_refused",
                            "'" + text +
                                "' can be reached by others, and plain HTTP would show them keys and prompts: put TLS in "
                                "front and listen on loopback, or say --insecure-http");
    }
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

void log_state(const std::string& model, const wire::engine::State& state, const std::string& event) {
  if (event.empty()) return;
  if (event == "model failed" || event == "engine ended" || event == "engine not started" || event == "model failed for good") {
    log::warn("engine", event, {{"model", model}, {"detail", state.detail}});
  } else {
    log::info("engine", event, {{"model", model}, {"detail", state.detail}});
  }
}

}  // namespace

Result<std::unique_ptr<Server>> Server::compose(const ServeOptions& options, const FirstStart& first_start) {
  GH_TRY(identity::DataLock lock, identity::DataLock::take(options.data));
  GH_TRY(identity::KeyRing keys, open_keys(options, first_start));
  GH_TRY(telemetry::AccessLog access_log, telemetry::AccessLog::open(telemetry::AccessLogOptions()));
  std::unique_ptr<Server> server(new Server(options, std::move(lock), std::move(keys), std::move(access_log)));
  GH_CHECK(server->add_models(options));
  GH_CHECK(server->add_listeners(options));
  return server;
}

Server::Server(const ServeOptions& options, identity::DataLock lock, identity::KeyRing keys, telemetry::AccessLog access_log)
    : lock_(std::move(lock)),
      access_log_(std::move(access_log)),
      hashes_(std::filesystem::path(options.data) / "model_hashes.json", clock_),
      authenticator_(std::move(keys)),
      control_(static_cast<int>(reactor_count(options)), clock_),
      reactors_(reactor_count(options), clock_),
      files_("files", 1, 16),
      spawner_("/proc/self/exe", {"engine", "llama"}) {}

Server::~Server() { reactors_.stop(); }

Status Server::add_models(const ServeOptions& options) {
  std::vector<std::filesystem::path> folders{"./models"};
  folders.insert(folders.end(), options.models.begin(), options.models.end());
  for (const model::Entry& entry : model::newest(model::scan(folders))) {
    if (!entry.manifest) {
      log::warn("models", "a model cannot be served", {{"model", entry.name}, {"error", entry.manifest.error().describe()}});
    } else if (entry.manifest->kind == model::Kind::llm) {
      add_engine(entry, options);
    }
  }
  models_ = std::make_unique<gateway::ServedModels>(served_, options.default_llm);
  if (models_->language_model({}) == nullptr) {
    return operator_error("model_missing", "the language model '" + options.default_llm +
                                               "' is in none of the model folders; ./run serve fetches it, --models names another folder");
  }
  return ok();
}

void Server::add_engine(const model::Entry& entry, const ServeOptions& options) {
  const model::ManifestFile file = entry.manifest->files.front();
  adapters::ChildEngineOptions engine;
  engine.load.model = entry.name;
  engine.load.seats = options.sequences;
  engine.load.seat_cells = options.context;
  engine.load.threads = engine_threads(options);
  engine.open_model = [path = entry.folder / file.path, sha256 = file.sha256, this] { return model::open_verified(path, sha256, hashes_); };
  engine.on_state = [name = entry.name](const wire::engine::State& state, const std::string& event) { log_state(name, state, event); };
  engine.on_output = [name = entry.name](const std::string& line) { log::warn("engine", line, {{"model", name}}); };
  engines_.push_back(std::make_unique<adapters::ChildEngine>(control_, reactors_.all(), files_, spawner_, std::move(engine)));

  gateway::ServedModel served;
  served.name = entry.name;
  served.version = std::to_string(entry.version);
  served.created = unix_seconds(clock_.wall());
  served.context = options.context;
  served.system_prompt = entry.manifest->chat.system_prompt;
  served.required = entry.name == options.default_llm;
  served.engine = engines_.back().get();
  served_.push_back(std::move(served));
}

Status Server::add_listeners(const ServeOptions& options) {
  gateway_ = std::make_unique<gateway::Gateway>(
      gateway::GatewayParts{clock_, random_, authenticator_, *models_, metrics_, access_log_, version_text, build_text, reactors_.size()});
  GH_TRY(std::vector<net::Endpoint> endpoints, public_endpoints(options));
  GH_TRY(const net::Endpoint admin, parse_endpoint(options.admin_listen));
  if (!is_loopback(admin)) {
    return operator_error("admin_listener_exposed",
                          "'" + options.admin_listen + "' can be reached by others; the admin listener stays on loopback");
  }
  public_server_ = std::make_unique<net::HttpServer>(net::ServerLimits(), gateway_->public_handler(), std::move(endpoints));
  admin_server_ = std::make_unique<net::HttpServer>(net::ServerLimits(), gateway_->admin_handler(), std::vector<net::Endpoint>{admin});
  watch_engines();
  return ok();
}

void Server::watch_engines() {
  using Kind = telemetry::Metrics::Kind;
  metrics_.watch(Kind::gauge, "gatehouse_connections", "Open connections",
                 std::function<double()>([this] { return static_cast<double>(public_server_->counts().open); }));
  metrics_.watch(Kind::counter, "gatehouse_engine_restarts_total", "Engines that had to be started again",
                 std::function<std::vector<telemetry::Sample>()>([this] {
                   std::vector<telemetry::Sample> samples;
                   for (std::size_t i = 0; i < engines_.size(); ++i) {
                     telemetry::Sample sample;
                     sample.labels = {{"engine", "llama:" + served_[i].name}, {"reason", "ended"}};
                     sample.value = static_cast<double>(engines_[i]->restarts());
                     samples.push_back(std::move(sample));
                   }
                   return samples;
                 }));
}

Status Server::start() {
  GH_CHECK(public_server_->start(reactors_.all()));
  GH_CHECK(admin_server_->start({&reactors_[0]}));
  reactors_.start();
  for (const auto& engine : engines_) engine->start();
  return ok();
}

void Server::drain() {
  gateway_->drain();
  public_server_->stop_accepting();
}

void Server::cut_answers_short() { gateway_->cut_short(); }

std::uint64_t Server::open_connections() const { return public_server_->counts().open; }

void Server::close_connections() {
  public_server_->close_all();
  admin_server_->stop_accepting();
  admin_server_->close_all();
}

Task<void> Server::stop_engines() {
  for (const auto& engine : engines_) co_await engine->stop();
}

}  // namespace gatehouse::app
