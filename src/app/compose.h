// app/compose.h — the whole server, put together in level order and taken apart in reverse. This is the one place where adapters meet
// ports.
// Threads  built and destroyed on the main thread, whose reactor is the control reactor
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit_scribe.h"
#include "checkpointer.h"
#include "data_folder.h"
#include "forgetter.h"
#include "gatehouse/adapters/engine_child/child_engine.h"
#include "gatehouse/adapters/engine_child/spawner.h"
#include "gatehouse/base/random.h"
#include "gatehouse/gateway/administration.h"
#include "gatehouse/gateway/gateway.h"
#include "gatehouse/identity/authenticator.h"
#include "gatehouse/model/model_file.h"
#include "gatehouse/model/repository.h"
#include "gatehouse/net/server.h"
#include "gatehouse/runtime/reactor_pool.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/runtime/worker_pool.h"
#include "gatehouse/telemetry/access_log.h"
#include "gatehouse/telemetry/log.h"
#include "gatehouse/telemetry/metrics.h"
#include "loading_memory.h"
#include "memory_mark.h"
#include "model_folders.h"
#include "model_versions.h"
#include "outside_issuers.h"
#include "scribe.h"
#include "settings.h"

namespace gatehouse::app {

struct ServerPlan {
  const Clock& clock;  // it and the log outlive the server
  const telemetry::Logging& logging;
  std::string data;
  std::uint32_t reactors = 0;  // 0: one a core
  bool test_hooks = false;     // routes for measurements
  Settings settings;
  std::optional<identity::NewSigningKey> signing;  // as the configuration wants it, where it says so
};

class Server {
 public:
  static Result<std::unique_ptr<Server>> compose(const ServerPlan& plan, const OnFirstStart& on_first_start);
  ~Server();

  // Listeners answer and models load, in parallel. Call once.
  Status start();
  Reactor& control() { return control_; }
  // Every required model is ready, or failed for good; and outside issuers have keys, or had a moment to bring them.
  bool settled() const;
  bool ready() const { return models_->required_ready(); }
  const net::Endpoint& public_endpoint() const { return public_server_->bound().front(); }
  const net::Endpoint& admin_endpoint() const { return admin_server_->bound().front(); }

  // For what comes from now on: limits of connections, heads and bodies.
  void set_limits(const ServerSettings& settings);
  // Another set of outside issuers, whole.
  Status set_issuers(const std::vector<IssuerSettings>& settings, const identity::Issuers& issuers) {
    return issuers_->adopt(settings, issuers);
  }
  // The access log's file may have been moved away.
  void reopen_logs() { access_log_.reopen(); }
  // Versions of models may have come or gone.
  void look_for_models() { folders_->look(); }
  // For work that blocks on the disk.
  WorkerPool& files() { return files_; }

  // Readiness says no, nothing new is accepted.
  void drain();
  void cut_answers_short();
  std::uint64_t open_connections() const;
  // Of all listeners; a connection is open for as long as its handler works.
  std::uint64_t handlers() const;
  void close_connections();
  // What is counted and not yet written down.
  Task<void> write_down();
  // Nothing is fetched any more when it returns.
  Task<void> stop_issuers() { return issuers_->stop(); }
  // The engines are gone when it returns.
  Task<void> stop_engines();

 private:
  Server(const ServerPlan& plan, telemetry::AccessLog access_log);
  Status follow_signing(const std::optional<identity::NewSigningKey>& wanted);
  void watch_signing_keys();
  Task<void> tidy_signing_keys();
  void add_authenticators(const Settings& settings);
  void follow_registry();
  Status make_spawner(const LlamaSettings& settings);
  Status add_models(const Settings& settings);
  void add_engine(const model::Entry& entry, const Settings& settings);
  Status make_tensor_spawner(const OnnxSettings& settings);
  ModelVersions::Parts version_parts(const Settings& settings);
  ModelVersions::Prepared prepare_version(const model::Entry& entry, const Settings& settings);
  Task<void> end_engine(const engine::TensorEngine& engine);
  void behind_reactors(std::function<void()> then);
  Status add_nlu_engine(const model::Entry& entry, const Settings& settings);
  Status add_text_engine(const model::Entry& entry, const Settings& settings);
  adapters::ChildEngineOptions tensor_options(const model::Entry& entry, const Settings& settings);
  // What it is served as, but for what its kind adds. Its engine is not started.
  gateway::ServedModel serve_tensors(const model::Entry& entry, adapters::ChildEngineOptions options, const Settings& settings);
  Status open_journal(const std::string& data);
  Status add_listeners(const ServerPlan& plan);
  Status remember_what_was_spent();
  Status read_lexicons();
  Result<CheckpointFile> open_checkpoints(const std::string& data);
  void watch_connections();
  void watch_logs(const telemetry::Logging& logging);

  const Clock& clock_;
  SystemRandom random_;
  telemetry::Metrics metrics_;
  telemetry::AccessLog access_log_;
  model::HashMemory hashes_;
  LoadingMemory loading_memory_;
  Reactor control_;
  std::unique_ptr<DataFolder> data_;
  ReactorPool reactors_;
  std::vector<identity::Authenticator> authenticators_;  // by reactor, the last is the control reactor's
  identity::PrincipalPtr everybody_;                     // auth.mode = "off"
  WorkerPool files_;
  WorkerPool syncs_;  // of the calls that are being made: at most one that waits a reactor
  std::unique_ptr<OutsideIssuers> issuers_;
  Instant issuers_awaited_until_{};
  Deadline retirement_;  // of a signing key
  std::unique_ptr<adapters::EngineSpawner> spawner_, tensor_spawner_;
  std::vector<gateway::ServedModel> served_;
  std::vector<std::unique_ptr<adapters::ChildEngine>> engines_;
  std::vector<std::unique_ptr<adapters::ChildEngine>> parting_;  // of versions that are forgotten: until no reactor knows of them
  Signal parted_;                                                // one of them is gone
  std::vector<adapters::ChildEngine*> at_start_;                 // those that the start begins
  std::unique_ptr<gateway::ServedModels> models_;
  std::unique_ptr<ModelVersions> versions_;
  std::unique_ptr<ModelFolders> folders_;
  std::optional<limits::Inflight> journal_;
  std::vector<std::int64_t> settled_before_;  // by reactor: its last batch
  std::unique_ptr<gateway::Administration> administration_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::vector<std::unique_ptr<Scribe>> scribes_;             // by reactor
  std::vector<std::unique_ptr<AuditScribe>> audit_scribes_;  // by reactor
  std::unique_ptr<Checkpointer> checkpointer_;
  std::unique_ptr<Forgetter> forgetter_;
  std::unique_ptr<MemoryMark> memory_mark_;  // null: there is none
  std::unique_ptr<net::HttpServer> public_server_, admin_server_, control_server_;
};

}  // namespace gatehouse::app
