#include "upkeep.h"

#include <array>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>

#include "checkpoint_file.h"
#include "data_folder.h"
#include "gatehouse/adapters/store_sqlite/upkeep.h"
#include "gatehouse/base/random.h"
#include "gatehouse/identity/signing_keys.h"
#include "gatehouse/runtime/run_task.h"
#include "gatehouse/wire/json/writer.h"
#include "progress.h"

namespace gatehouse::app {
namespace {

std::filesystem::path store_of(const AdminOptions& options) { return identity::store_file_of(options.data); }
std::string master_key_of(const AdminOptions& options) { return (std::filesystem::path(options.data) / "keys" / "master.key").string(); }

// -- migrate --------------------------------------------------------------------------------------------------------------

Result<adapters::MigratedSchema> migrate_alone(const AdminOptions& options) {
  const Result<identity::DataLock> lock = identity::DataLock::take(options.data);
  if (lock) {
    return adapters::migrate_store(store_of(options), [](std::size_t number, std::size_t last, const std::string& what) {
      std::cerr << "gatehouse: schema " << number << " of " << last << ": " << what << '\n';
    });
  }
  if (lock.error().reason() != "data_in_use") return lock.error();
  // Whoever has the folder brought it up to its own schema at the start; that may be an older program's.
  GH_TRY(const adapters::SchemaNumbers schema, adapters::schema_of(store_of(options)));
  if (schema.found < schema.known) return lock.error();
  return adapters::MigratedSchema{schema.found, schema.found, {}};
}

std::string as_json(const adapters::MigratedSchema& done) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("from", std::uint64_t{done.from}).member("to", std::uint64_t{done.to}).key("applied").begin_list();
  for (const std::string& what : done.applied) json.value(what);
  json.end_list().end_object();
  return out + "\n";
}

std::string as_text(const adapters::MigratedSchema& done) {
  if (done.applied.empty()) return "The store has schema " + std::to_string(done.to) + " already; nothing was done.\n";
  return "The store has schema " + std::to_string(done.to) + " now; it had " + std::to_string(done.from) + ".\n";
}

// -- restore --------------------------------------------------------------------------------------------------------------

struct Restored {
  std::string kept;  // empty: there was nothing to keep
  std::size_t schema = 0;
  bool master_key_fits = false;  // else there is none
};

std::string moment_in_a_name(WallTime now) {
  const std::time_t seconds_now = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds_now, &utc);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &utc)};
}

// None where none stands: it may be put there later.
Result<std::optional<identity::DataKeys>> keys_that_are_there(const AdminOptions& options) {
  const Result<identity::MasterKey> master = identity::MasterKey::open(options.data);
  if (!master && master.error().reason() == "master_key_missing") return std::optional<identity::DataKeys>();
  if (!master) return master.error();
  GH_TRY(identity::DataKeys keys, identity::DataKeys::of(*master));
  return std::optional<identity::DataKeys>(std::move(keys));
}

// The chains that the audit trail goes on with, and how far they have come.
struct NewChains {
  std::shared_ptr<const telemetry::AuditSealer> sealer;
  std::vector<telemetry::AuditHead> heads;
};

// That it was done is the first record of new chains. It stands in the copy, so that it is there from when the restore counts.
Result<NewChains> put_on_record(Reactor& reactor, store::AuditStore& audit, const identity::DataKeys& keys, const std::string& file) {
  SystemRandom random;
  GH_TRY(telemetry::AuditSealer sealer, telemetry::AuditSealer::make(keys.audit, random.hex(16)));
  NewChains chains;
  chains.sealer = std::make_shared<const telemetry::AuditSealer>(std::move(sealer));
  telemetry::AuditRecord record;
  record.time = std::chrono::floor<std::chrono::microseconds>(reactor.clock().wall());
  record.tenant = TenantId(std::string(identity::reserved_tenant));
  record.action = "restore_store";
  record.resource_type = "backup";
  record.resource_id = file;
  record.outcome = "ok";
  GH_CHECK(run_task(reactor, audit.append(reactor, chains.sealer, {record})));
  GH_TRY(chains.heads, run_task(reactor, audit.heads(reactor, chains.sealer->instance())));
  return chains;
}

// Brought up to date, and of the folder's master key. Where that is missing, nothing can be sealed.
Result<NewChains> accept_copy(const std::filesystem::path& copy, const std::optional<identity::DataKeys>& keys, const std::string& file) {
  adapters::SqliteOptions of_copy;
  of_copy.file = copy;
  GH_TRY(const std::unique_ptr<adapters::SqliteStore> opened, adapters::SqliteStore::open(of_copy));
  const SystemClock clock;
  Reactor reactor(0, clock);
  // The file of checkpoints is another one then.
  std::string mark(identity::AuditDesk::checkpoint_setting);
  GH_CHECK(run_task(reactor, opened->settings().put(reactor, std::move(mark), {})));
  if (!keys) return NewChains();
  GH_TRY(const std::vector<store::SigningKey> kept, run_task(reactor, opened->signing_keys().all(reactor)));
  // Those that have retired meanwhile must open as well: as of the beginning of time, none has.
  const Result<identity::SigningKeys> signing = identity::open_signing_keys(kept, keys->sealer, store::Moment());
  if (!signing) return signing.error();
  return put_on_record(reactor, opened->audit(), *keys, file);
}

Error of_another_folder(const AdminOptions& options, const std::string& file, const Error& why) {
  return operator_error("backup_of_another_folder", "'" + master_key_of(options) + "' does not open the signing keys in '" + file +
                                                        "': put the master key of that backup there first; nothing was changed")
      .with_detail(why.describe());
}

// The audit trail of the restored store ends earlier than the checkpoints say: those go on beside the store that they are about, and what
// comes now begins new chains. The restore is done by now: what fails here, `audit verify` says.
void begin_new_chains(const AdminOptions& options, const std::string& moment, const NewChains& chains) {
  std::error_code ignored;
  const std::filesystem::path checkpoints = checkpoints_of(options.data);
  std::filesystem::rename(checkpoints, checkpoints.string() + ".replaced-" + moment, ignored);
  std::filesystem::remove(std::filesystem::path(options.data) / "instance", ignored);
  Result<CheckpointFile> file = CheckpointFile::open(checkpoints);
  if (!chains.sealer || !file || !identity::rename_instance(options.data, chains.sealer->instance())) return;
  const auto now = std::chrono::floor<std::chrono::microseconds>(SystemClock().wall());
  [[maybe_unused]] const Status written = file->append(chains.heads, now, *chains.sealer);
}

Result<Restored> restore_alone(const AdminOptions& options, const std::string& file) {
  GH_TRY(const identity::DataLock lock, identity::DataLock::take(options.data));
  GH_TRY(const std::optional<identity::DataKeys> keys, keys_that_are_there(options));
  Restored done;
  done.master_key_fits = keys.has_value();
  const std::string moment = moment_in_a_name(SystemClock().wall());
  if (std::filesystem::exists(store_of(options))) done.kept = store_of(options).string() + ".replaced-" + moment;
  Progress progress("restore");
  adapters::RestoreOptions wanted;
  wanted.kept = done.kept;
  NewChains chains;
  wanted.accept = [&](const std::filesystem::path& copy) -> Status {
    GH_TRY(chains, accept_copy(copy, keys, file));
    return ok();
  };
  wanted.on_pages = [&progress](std::uint64_t copied, std::uint64_t all) { progress.show(copied, all); };
  const Status restored = adapters::restore_store(file, store_of(options), wanted);
  if (!restored) {
    const bool keys_differ = restored.error().reason() == "signing_key_damaged";
    return keys_differ ? of_another_folder(options, file, restored.error()) : restored.error();
  }
  begin_new_chains(options, moment, chains);
  GH_TRY(const adapters::SchemaNumbers schema, adapters::schema_of(store_of(options)));
  done.schema = schema.found;
  return done;
}

std::string as_json(const Restored& done, const std::string& file) {
  std::string out;
  wire::JsonWriter json(out);
  json.begin_object().member("file", file).member("schema", std::uint64_t{done.schema}).member_or_null("kept", done.kept);
  json.member("master_key", done.master_key_fits ? "fits" : "missing").end_object();
  return out + "\n";
}

std::string as_text(const Restored& done, const std::string& file, const AdminOptions& options) {
  std::string text = "'" + file + "' is the store of '" + options.data + "' now.\n";
  if (!done.kept.empty()) text += "What was there is kept as '" + done.kept + "'.\n";
  if (!done.master_key_fits) {
    text += "The master key is missing: put back '" + master_key_of(options) +
            "' before the next start. Without it this restore is not on record.\n";
  }
  return text +
         "What was changed since that backup is undone: what was revoked or disabled since then is taken again, so do that once more.\n";
}

}  // namespace

int migrate(const AdminOptions& options) {
  const Status there = must_be_initialised(options.data);
  if (!there) return report(there.error());
  const Result<adapters::MigratedSchema> done = migrate_alone(options);
  if (!done) return report(done.error());
  std::cout << (options.output == Output::json ? as_json(*done) : as_text(*done));
  return exit_well;
}

int backup(const AdminOptions& options, const std::string& file, adapters::Existing existing) {
  const Status there = must_be_initialised(options.data);
  if (!there) return report(there.error());
  {
    Progress progress("backup");
    adapters::BackupOptions wanted;
    wanted.existing = existing;
    wanted.on_pages = [&progress](std::uint64_t done, std::uint64_t all) { progress.show(done, all); };
    const Status made = adapters::backup_store(store_of(options), file, wanted);
    if (!made) return report(made.error());
  }
  std::error_code ignored;
  const std::uint64_t bytes = std::filesystem::file_size(file, ignored);
  if (options.output == Output::json) {
    std::string out;
    wire::JsonWriter json(out);
    json.begin_object().member("file", file).member("bytes", bytes).member("contains_master_key", false);
    json.member("master_key", master_key_of(options)).end_object();
    std::cout << out << '\n';
    return exit_well;
  }
  std::cout << "'" << file << "' holds the store as it was, " << bytes << " bytes, read back and found whole.\n"
            << "The master key '" << master_key_of(options)
            << "' is not inside, and without it nobody can use the backup: keep a copy of it in another place.\n";
  return exit_well;
}

int restore(const AdminOptions& options, const std::string& file) {
  const Result<Restored> done = restore_alone(options, file);
  if (!done) return report(done.error());
  std::cout << (options.output == Output::json ? as_json(*done, file) : as_text(*done, file, options));
  return exit_well;
}

}  // namespace gatehouse::app
