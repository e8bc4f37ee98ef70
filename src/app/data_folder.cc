#include "data_folder.h"

#include <utility>

#include "auth_settings.h"
#include "checkpoint_file.h"
#include "gatehouse/identity/own_names.h"
#include "gatehouse/net/client.h"
#include "gatehouse/runtime/run_task.h"
#include "gatehouse/runtime/signal.h"
#include "gatehouse/telemetry/log.h"
#include "outside_issuers.h"

namespace gatehouse::app {
namespace {

constexpr seconds longest_turn{5};
constexpr milliseconds between_tries{50};

bool server_answers(const std::string& data) {
  const net::ClientRequest request(wire::Method::get, "/api/admin/models");
  return net::ask(net::Endpoint::unix_socket(control_socket_of(data)), request, net::ClientLimits(seconds(1), {})).ok();
}

Task<Status> pause(Reactor& reactor) {
  Signal over(reactor);
  Deadline deadline(reactor, [&over] { over.raise(); });
  deadline.arm_in(between_tries);
  co_await over.wait();
  co_return ok();
}

Status not_initialised() {
  return operator_error("data_not_initialised",
                        "there is no data yet: `gatehouse serve` or `gatehouse init` makes it (--data names another folder)");
}

}  // namespace

std::string control_socket_of(const std::string& data) { return data + "/control.sock"; }

Status must_be_initialised(const std::string& data) {
  return std::filesystem::exists(identity::store_file_of(data)) ? ok() : not_initialised();
}

Result<std::unique_ptr<DataFolder>> DataFolder::open(const std::string& data, const Settings& settings, const OnFirstStart& on_first_start,
                                                     telemetry::Metrics* metrics) {
  if (!on_first_start) GH_CHECK(must_be_initialised(data));
  GH_TRY(identity::DataLock lock, identity::DataLock::take(data));
  SystemRandom random;
  GH_TRY(const identity::MasterKey master, identity::prepare_data(data, random));
  adapters::SqliteOptions options;
  options.file = identity::store_file_of(data);
  options.metrics = metrics;
  GH_TRY(std::unique_ptr<adapters::SqliteStore> store, adapters::SqliteStore::open(options));
  std::unique_ptr<DataFolder> folder(new DataFolder(std::move(lock), std::move(store), password_options(settings.auth.password)));
  folder->data_ = data;
  GH_TRY(folder->instance_, identity::instance_of(data, random));
  GH_CHECK(folder->move_in(master, settings, on_first_start));
  return folder;
}

Result<std::unique_ptr<DataFolder>> DataFolder::open_in_turn(const std::string& data, const Settings& settings,
                                                             const OnFirstStart& on_first_start, telemetry::Metrics* metrics) {
  const SystemClock clock;
  Reactor reactor(0, clock);
  const Instant until = clock.now() + longest_turn;
  while (true) {
    Result<std::unique_ptr<DataFolder>> opened = open(data, settings, on_first_start, metrics);
    if (opened || opened.error().reason() != "data_in_use" || server_answers(data) || clock.now() >= until) return opened;
    GH_CHECK(run_task(reactor, pause(reactor)));
  }
}

Status DataFolder::move_in(const identity::MasterKey& master, const Settings& settings, const OnFirstStart& on_first_start) {
  GH_TRY(identity::DataKeys keys, identity::DataKeys::of(master));
  Reactor reactor(0, clock_);
  GH_TRY(const bool initialised, run_task(reactor, identity::is_initialised(reactor, *store_)));
  if (!initialised) {
    if (!on_first_start) return not_initialised();
    // From the beginning: where it is missing later, somebody has removed it.
    GH_TRY([[maybe_unused]] const CheckpointFile checkpoints, CheckpointFile::open(checkpoints_of(data_)));
    const identity::FirstStartTools tools{keys, passwords_, random_, clock_.wall(), settings.auth.algorithm};
    GH_TRY(const identity::FirstStart made, run_task(reactor, identity::initialise(reactor, *store_, tools)));
    on_first_start(made);
  }
  GH_TRY(const identity::IssuersPtr configured, make_issuers(settings));
  auto issuers = std::make_shared<identity::Issuers>(*configured);
  GH_TRY(issuers->formerly, run_task(reactor, identity::remember_own_name(reactor, *store_, issuers->own)));
  identity::HouseParts parts(std::move(keys), std::move(issuers), passwords_, random_, clock_);
  parts.sessions = session_rules(settings.auth);
  parts.pace = pace_options(settings.auth.login);
  parts.registration = registration_rules(settings.auth);
  parts.instance = instance_;
  parts.usual_quota = settings.limits.daily_quota;
  GH_TRY(house_, run_task(reactor, identity::House::open(reactor, *store_, std::move(parts))));
  GH_TRY(const std::size_t interrupted, run_task(reactor, house_->audit().settle_intents(reactor)));
  if (interrupted > 0) {
    telemetry::log::warn("audit", "changes that the process before did not come back from are on record as interrupted",
                         {{"changes", std::to_string(interrupted)}});
  }
  return ok();
}

}  // namespace gatehouse::app
