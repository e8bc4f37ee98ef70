// identity/master_key.h — the one secret that all others of a data folder are derived from: DATA/keys/master.key.
// Layout   32 random bytes, mode 0600, in a folder of mode 0700, both owned by whom Gatehouse runs as
// Threads  value type; derive from any thread
// Errors   master_key_missing, master_key_exposed (mode or owner), master_key_damaged (length, kind of file), data_io → operator
// Source   RFC 5869 (HKDF-SHA-256, no salt, the label as info)
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "gatehouse/base/random.h"
#include "gatehouse/base/result.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::identity {

class MasterKey {
 public:
  static constexpr std::size_t size = 32;

  // The key that stands there; nothing is made.
  static Result<MasterKey> open(const std::filesystem::path& data);
  // Makes it, durably, where none stands; DATA/keys must be there. One at a time on a data folder (initialise sees to that).
  static Result<MasterKey> open_or_create(const std::filesystem::path& data, RandomSource& random);

  // 32 bytes for one purpose. Labels are part of the data format: never change one.
  Result<Secret<std::string>> derive(std::string_view label) const;

 private:
  explicit MasterKey(Secret<std::string> bytes) : bytes_(std::move(bytes)) {}
  Secret<std::string> bytes_;
};

}  // namespace gatehouse::identity
