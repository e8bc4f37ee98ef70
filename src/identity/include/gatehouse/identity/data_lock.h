// identity/data_lock.h — one server a data folder. The kernel lets go of the lock when its holder ends, however it ends.
// Threads  value type
// Errors   data_in_use (names the process that holds it), data_io → operator
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"

namespace gatehouse::identity {

class DataLock {
 public:
  // Makes the folder (0700) where there is none. Held until it is destroyed.
  static Result<DataLock> take(const std::filesystem::path& data);
  // The number of the process that holds it, "?" where it has not written that yet; nothing: nobody does. Takes and makes nothing.
  static std::optional<std::string> holder(const std::filesystem::path& data);

 private:
  explicit DataLock(Fd file) : file_(std::move(file)) {}
  Fd file_;
};

}  // namespace gatehouse::identity
