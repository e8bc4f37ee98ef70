#include "file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "gatehouse/base/fd.h"

namespace gatehouse::adapters {
namespace {

Error unreadable(const std::filesystem::path& path, const std::string& why) {
  return operator_error("jwks_file_unreadable", "the key set '" + path.string() + "' cannot be read: " + why);
}
Error unreadable(const std::filesystem::path& path, int error) { return unreadable(path, std::generic_category().message(error)); }

}  // namespace

Result<std::string> read_small_file(Worker&, const std::filesystem::path& path, std::size_t most) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe in its place must not hold us up
  struct stat found{};
  if (!file || ::fstat(file.get(), &found) != 0) return unreadable(path, errno);
  if (!S_ISREG(found.st_mode)) return unreadable(path, "it is no file");
  if ((found.st_mode & S_IWOTH) != 0) {
    return operator_error("jwks_file_exposed",
                          "everybody on this machine may write to the key set '" + path.string() + "': run chmod o-w on it");
  }
  std::string bytes(most + 1, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path, errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  if (have > most)
    return operator_error("jwks_too_large", "the key set '" + path.string() + "' is longer than " + std::to_string(most) + " bytes");
  bytes.resize(have);
  return bytes;
}

Task<Result<KeySetText>> FileReader::read() {
  std::function<Result<std::string>(Worker&)> read_it = [path = path_](Worker& worker) {
    return read_small_file(worker, path, most_key_set_bytes);
  };
  auto reading = files_.run<Result<std::string>>(reactor_, std::move(read_it));
  std::optional<Result<std::string>> text = co_await std::move(reading);
  if (!text) co_return operator_error("jwks_not_read", "too much waits for the disk");
  if (!*text) co_return std::move(*text).error();
  co_return KeySetText(std::move(**text), look_every);
}

}  // namespace gatehouse::adapters
