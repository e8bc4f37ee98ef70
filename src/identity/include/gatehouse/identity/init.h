// identity/init.h — the first start of a data folder.
// Order    folders, master key, then all first records at once: a folder is initialised once those stand, and a first start that was cut
//          off at any point is completed by the next
// Threads  prepare_data() blocks on the disk; at start-up and in commands
// Errors   already_initialised (nothing changed) → conflict, operator; data_folder_exposed, data_too_old, data_io and those of
//          master_key.h → operator; those of the store
#pragma once
#include <filesystem>
#include <string>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"
#include "gatehouse/base/strong.h"
#include "gatehouse/identity/api_keys.h"
#include "gatehouse/identity/master_key.h"
#include "gatehouse/identity/passwords.h"
#include "gatehouse/identity/sealing.h"
#include "gatehouse/store/ports.h"
#include "gatehouse/wire/jose/algorithm.h"

namespace gatehouse::identity {

inline constexpr std::string_view first_tenant = "demo", first_administrator = "admin";

// DATA and its master key, made where they are missing.
Result<MasterKey> prepare_data(const std::filesystem::path& data, RandomSource& random);
// The name of this data folder among all that share a store, made where it is missing: DATA/instance. data_io
Result<std::string> instance_of(const std::filesystem::path& data, RandomSource& random);
// Gives it another one, letters and digits. data_io
Status rename_instance(const std::filesystem::path& data, const std::string& name);
// Where the store of a data folder is kept.
std::filesystem::path store_file_of(const std::filesystem::path& data);

// What is derived from the master key.
struct DataKeys {
  static Result<DataKeys> of(const MasterKey& master);
  KeyHasher hasher;  // of API keys
  Sealer sealer;
  KeyHasher secrets;          // of refresh tokens and tickets
  Secret<std::string> audit;  // for an AuditSealer
};

struct FirstStart {
  FirstStart(Secret<std::string> password, Secret<std::string> key) : admin_password(std::move(password)), api_key(std::move(key)) {}
  TenantId tenant{std::string(first_tenant)};
  std::string admin{first_administrator};
  Secret<std::string> admin_password, api_key;  // shown this once
};

struct FirstStartTools {
  const DataKeys& keys;
  Passwords& passwords;
  RandomSource& random;
  WallTime now;
  wire::JwsAlgorithm algorithm = wire::JwsAlgorithm::eddsa;
};

// Whether somebody has started here before.
Task<Result<bool>> is_initialised(Reactor& reactor, store::Store& store);
// The tenants demo and system, the administrator, one key of demo with every scope but platform:admin, and a key to sign tokens with.
Task<Result<FirstStart>> initialise(Reactor& reactor, store::Store& store, const FirstStartTools& tools);

}  // namespace gatehouse::identity
