#include "gatehouse/config/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "gatehouse/base/fd.h"

namespace gatehouse::config {
namespace {

constexpr std::size_t longest_text = 1024UL * 1024, longest_secret = 64UL * 1024;

struct Opened {
  Fd file;
  struct stat facts{};
};

Error unreadable(const std::filesystem::path& path, std::string_view why) {
  return operator_error("file_unreadable", "cannot read '" + path.string() + "': " + std::string(why));
}
Error unreadable(const std::filesystem::path& path, int error_number) {
  return unreadable(path, std::generic_category().message(error_number));
}

Result<Opened> open_regular(const std::filesystem::path& path) {
  Opened opened;
  // O_NONBLOCK: a pipe in the file's place must not hold us up.
  opened.file = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!opened.file && errno == ENOENT) return operator_error("file_missing", "there is no file '" + path.string() + "'");
  if (!opened.file || fstat(opened.file.get(), &opened.facts) != 0) return unreadable(path, errno);
  if (!S_ISREG(opened.facts.st_mode)) return unreadable(path, "it is not a regular file");
  return opened;
}

// The bytes, in one buffer that is made once: no copies of a secret stay behind.
Result<std::string> read_all(const Fd& file, const std::filesystem::path& path, std::size_t most) {
  std::string bytes(most + 1, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = ::read(file.get(), bytes.data() + have, bytes.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path, errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  if (have > most) return unreadable(path, "it is longer than " + std::to_string(most / 1024) + " KiB");
  bytes.resize(have);
  return bytes;
}

}  // namespace

Result<std::string> read_text_file(const std::filesystem::path& path) {
  GH_TRY(const Opened opened, open_regular(path));
  return read_all(opened.file, path, longest_text);
}

Result<Secret<std::string>> read_secret_file(const std::filesystem::path& path) {
  GH_TRY(const Opened opened, open_regular(path));
  if ((opened.facts.st_mode & (S_IRWXO | S_IWGRP)) != 0) {
    return operator_error("secret_exposed", "others may read '" + path.string() + "': run chmod 600 '" + path.string() +
                                                "'; if others may have read it, change the secret");
  }
  GH_TRY(std::string bytes, read_all(opened.file, path, longest_secret));
  if (bytes.ends_with('\n')) bytes.pop_back();
  if (bytes.ends_with('\r')) bytes.pop_back();
  if (bytes.empty()) return operator_error("secret_empty", "'" + path.string() + "' is empty");
  return Secret<std::string>(std::move(bytes));
}

}  // namespace gatehouse::config
