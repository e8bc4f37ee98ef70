#include "gatehouse/identity/init.h"

#include <sys/file.h>

#include <cerrno>
#include <utility>

#include "gatehouse/identity/signing_keys.h"
#include "gatehouse/identity/tenants.h"
#include "gatehouse/identity/users.h"
#include "gatehouse/telemetry/audit_chain.h"
#include "private_file.h"

namespace gatehouse::identity {
namespace {

constexpr PrivateFile instance_file{
    .missing = "instance_missing",
    .exposed = "instance_exposed",
    .damaged = "instance_damaged",
    .advice = "put it back from a backup, or remove it: the records of the audit trail then begin new chains",
    .most = 64,
};

constexpr std::int64_t first_quota = 10'000;
// Part of the data format: never change it.
constexpr std::string_view secrets_label = "gatehouse refresh tokens and tickets 1";

// Two first starts at once take turns. Not DATA/lock: a server holds that already when it calls.
Result<Fd> take_turn(const std::filesystem::path& data) {
  GH_TRY(Fd folder, open_folder(data));
  while (flock(folder.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return data_io("cannot lock", data, errno);
  }
  return folder;
}

store::Tenant make_tenant(std::string_view id, store::Moment now) {
  store::Tenant tenant{TenantId(std::string(id))};
  tenant.quota_per_day = first_quota;
  tenant.tasks = all_tasks();
  tenant.models = {"*"};
  tenant.scopes = usual_scopes().names();
  tenant.console = true;
  tenant.created = now;
  return tenant;
}

store::User make_administrator(std::string password_hash, RandomSource& random, store::Moment now) {
  store::User user(store::UserId(random.uuid()), TenantId(std::string(reserved_tenant)));
  user.username = first_administrator;
  user.password_hash = std::move(password_hash);
  user.role = store::role_platform_admin;
  user.created = user.updated = now;
  return user;
}

store::ApiKey make_first_key(const KeySecret& secret, RandomSource& random, store::Moment now) {
  store::ApiKey key(KeyId(random.uuid()), TenantId(std::string(first_tenant)));
  key.name = "first key";
  key.prefix = secret.prefix;
  key.digest = secret.digest;
  key.scopes = Scopes::all_but(Scope::platform_admin).names();
  key.models = {"*"};
  key.created = now;
  return key;
}

}  // namespace

std::filesystem::path store_file_of(const std::filesystem::path& data) { return data / "gatehouse.db"; }

Result<MasterKey> prepare_data(const std::filesystem::path& data, RandomSource& random) {
  GH_CHECK(make_data_folder(data));
  GH_TRY(const Fd turn, take_turn(data));
  std::error_code failed;
  if (std::filesystem::exists(data / "api_keys.json", failed) && !std::filesystem::exists(store_file_of(data), failed)) {
    return operator_error("data_too_old", "'" + data.string() +
                                              "' was made by a build that kept its keys in api_keys.json, and cannot be " +
                                              "read any more: start with --data and another folder, or remove that one");
  }
  GH_CHECK(make_private_folder(data / "keys"));
  // Where there are records, a lost key is said: another one would open nothing.
  return std::filesystem::exists(store_file_of(data), failed) ? MasterKey::open(data) : MasterKey::open_or_create(data, random);
}

Result<std::string> instance_of(const std::filesystem::path& data, RandomSource& random) {
  std::error_code ignored;
  const std::filesystem::path file = data / "instance";
  if (!std::filesystem::exists(std::filesystem::symlink_status(file, ignored))) GH_CHECK(write_private(file, random.hex(16)));
  GH_TRY(const Secret<std::string> found, read_private(file, instance_file));
  const std::string& name = found.expose();
  const bool hex = !name.empty() && name.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex ? Result<std::string>(name) : damaged(file, instance_file, "it holds no name");
}

Status rename_instance(const std::filesystem::path& data, const std::string& name) { return write_private(data / "instance", name); }

Result<DataKeys> DataKeys::of(const MasterKey& master) {
  GH_TRY(KeyHasher hasher, KeyHasher::make(master));
  GH_TRY(Secret<std::string> key, master.derive(Sealer::label));
  GH_TRY(Sealer sealer, Sealer::make(std::move(key)));
  GH_TRY(const Secret<std::string> secrets_key, master.derive(secrets_label));
  GH_TRY(KeyHasher secrets, KeyHasher::make(secrets_key));
  GH_TRY(Secret<std::string> audit, master.derive(telemetry::AuditSealer::label));
  return DataKeys{std::move(hasher), std::move(sealer), std::move(secrets), std::move(audit)};
}

Task<Result<bool>> is_initialised(Reactor& reactor, store::Store& store) {
  Result<store::Page<store::Tenant>> any = co_await store.tenants().list(reactor, TenantId(), 1);
  if (!any) co_return any.error();
  co_return !any->data.empty();
}

Task<Result<FirstStart>> initialise(Reactor& reactor, store::Store& store, const FirstStartTools& tools) {
  const store::Moment now = std::chrono::floor<seconds>(tools.now);
  Secret<std::string> password = draw_password(tools.random);
  Result<std::string> hash = co_await tools.passwords.hash(reactor, password);
  if (!hash) co_return hash.error();
  Result<store::SigningKey> signing = make_signing_key(NewSigningKey(tools.algorithm), tools.keys.sealer, tools.random, tools.now);
  if (!signing) co_return signing.error();
  KeySecret key = make_key_secret(tools.keys.hasher, tools.random);
  store::Initial initial(std::move(*signing));
  initial.tenants.push_back(make_tenant(first_tenant, now));
  initial.tenants.push_back(make_tenant(reserved_tenant, now));
  initial.users.push_back(make_administrator(std::move(*hash), tools.random, now));
  initial.keys.push_back(make_first_key(key, tools.random, now));
  const Status made = co_await store.initialise(reactor, std::move(initial));
  if (!made) co_return made.error();
  co_return FirstStart(std::move(password), std::move(key.text));
}

}  // namespace gatehouse::identity
