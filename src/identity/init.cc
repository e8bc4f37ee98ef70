#include "gatehouse/identity/init.h"

#include <sys/file.h>

#include <cerrno>

#include "gatehouse/identity/master_key.h"
#include "private_file.h"

namespace gatehouse::identity {
namespace {

constexpr std::string_view first_tenant = "demo";

// Two first starts at once take turns. Not DATA/lock: a server holds that already when it calls.
Result<Fd> take_turn(const std::filesystem::path& data) {
  GH_TRY(Fd folder, open_folder(data));
  while (flock(folder.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return data_io("cannot lock", data, errno);
  }
  return folder;
}

Error already_initialised(const std::filesystem::path& data) {
  return Error(Code::conflict, Origin::operator_, "already_initialised",
               "'" + data.string() + "' is initialised already; nothing was changed");
}

Result<KeyHasher> hasher_of(const MasterKey& master) {
  GH_TRY(const Secret<std::string> key, master.derive(KeyHasher::label));
  return KeyHasher::make(key);
}

}  // namespace

bool is_initialised(const std::filesystem::path& data) {
  std::error_code failed;
  return std::filesystem::exists(std::filesystem::symlink_status(key_file_of(data), failed));
}

Result<FirstStart> initialise(const std::filesystem::path& data, RandomSource& random, WallTime now) {
  if (is_initialised(data)) return already_initialised(data);
  GH_CHECK(make_data_folder(data));
  GH_TRY(const Fd turn, take_turn(data));
  if (is_initialised(data)) return already_initialised(data);
  GH_CHECK(make_private_folder(data / "keys"));
  GH_TRY(const MasterKey master, MasterKey::open_or_create(data, random));
  GH_TRY(const KeyHasher hasher, hasher_of(master));
  const NewKey wanted{TenantId(std::string(first_tenant)), "first key", Scopes::all_but(Scope::platform_admin), std::nullopt};
  CreatedKey created = create_key(wanted, hasher, {}, random, now);
  GH_CHECK(write_key_file(data, {created.record}));
  return FirstStart{wanted.tenant, std::move(created.key)};
}

Result<KeyRing> open_identity(const std::filesystem::path& data) {
  GH_TRY(std::vector<KeyRecord> records, read_key_file(data));
  GH_TRY(const MasterKey master, MasterKey::open(data));
  GH_TRY(KeyHasher hasher, hasher_of(master));
  return KeyRing::make(std::move(records), std::move(hasher));
}

}  // namespace gatehouse::identity
