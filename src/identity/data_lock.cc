#include "gatehouse/identity/data_lock.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>

#include "private_file.h"

namespace gatehouse::identity {
namespace {

// The number that its holder wrote, empty when it has not come to that yet.
std::string holder_of(const Fd& file) {
  std::array<char, 32> text{};
  const ssize_t n = pread(file.get(), text.data(), text.size(), 0);
  long pid = 0;
  const auto read = std::from_chars(text.data(), text.data() + (n > 0 ? n : 0), pid);
  return read.ec == std::errc() && pid > 0 ? std::to_string(pid) : std::string();
}

Error data_in_use(const std::filesystem::path& data, const std::string& holder) {
  return operator_error("data_in_use", "'" + data.string() + "' is in use by " +
                                           (holder.empty() ? "another process" : "process " + holder) +
                                           ": stop that one, or start this one with --data and another folder");
}

struct flock whole_file(short type) {
  struct flock whole{};
  whole.l_type = type;
  whole.l_whence = SEEK_SET;
  return whole;
}

}  // namespace

std::optional<std::string> DataLock::holder(const std::filesystem::path& data) {
  const Fd file(::open((data / "lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct flock whole = whole_file(F_RDLCK);
  if (!file || fcntl(file.get(), F_OFD_GETLK, &whole) != 0 || whole.l_type == F_UNLCK) return std::nullopt;
  const std::string number = holder_of(file);
  return number.empty() ? "?" : number;
}

Result<DataLock> DataLock::take(const std::filesystem::path& data) {
  GH_CHECK(make_data_folder(data));
  const std::filesystem::path path = data / "lock";
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return data_io("cannot open", path, errno);
  // Of the open file, not of the process: another descriptor of the same file that is closed does not let go of it.
  const struct flock whole = whole_file(F_WRLCK);
  if (fcntl(file.get(), F_OFD_SETLK, &whole) != 0) {
    if (errno == EAGAIN || errno == EACCES) return data_in_use(data, holder_of(file));
    return data_io("cannot lock", path, errno);
  }
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(file.get(), 0) != 0 || pwrite(file.get(), pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return data_io("cannot write", path, errno);
  }
  return DataLock(std::move(file));
}

}  // namespace gatehouse::identity
