#include "private_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

namespace gatehouse::identity {
namespace {

constexpr mode_t private_folder_mode = 0700, private_file_mode = 0600;

std::string quoted(const std::filesystem::path& path) { return "'" + path.string() + "'"; }

Status sync_folder(const std::filesystem::path& folder) {
  GH_TRY(const Fd opened, open_folder(folder));
  if (fsync(opened.get()) != 0) return data_io("cannot write", folder, errno);
  return ok();
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

// "data/" names the same folder as "data", but has another parent.
std::filesystem::path without_slash(const std::filesystem::path& path) { return path.has_filename() ? path : folder_of(path); }

bool write_all(const Fd& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Status write_and_sync(const std::filesystem::path& path, std::string_view bytes) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, private_file_mode));
  if (!file) return data_io("cannot make", path, errno);
  if (!write_all(file, bytes) || fsync(file.get()) != 0) return data_io("cannot write", path, errno);
  return ok();
}

std::string octal(mode_t mode) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%04o", mode & 0777U);
  return text.data();
}

}  // namespace

Error data_io(std::string_view tried, const std::filesystem::path& path, int error_number) {
  return operator_error("data_io", std::string(tried) + " " + quoted(path) + ": " + std::generic_category().message(error_number));
}

Status make_data_folder(const std::filesystem::path& given) {
  const std::filesystem::path data = without_slash(given);
  std::error_code failed;
  if (!folder_of(data).empty()) std::filesystem::create_directories(folder_of(data), failed);
  if (failed) return data_io("cannot make", folder_of(data), failed.value());
  GH_CHECK(make_private_folder(data));
  struct stat found{};
  if (stat(data.c_str(), &found) != 0) return data_io("cannot look at", data, errno);
  if (!S_ISDIR(found.st_mode)) return data_io("cannot use", data, ENOTDIR);
  if ((found.st_mode & S_IWOTH) != 0) {
    return operator_error("data_folder_exposed",
                          "everybody on this machine may write to " + quoted(data) + ": run chmod o-w " + quoted(data) + " first");
  }
  return ok();
}

Status make_private_folder(const std::filesystem::path& folder) {
  if (mkdir(folder.c_str(), private_folder_mode) == 0) return sync_folder(folder_of(folder));
  if (errno == EEXIST) return ok();
  return data_io("cannot make", folder, errno);
}

Result<Fd> open_folder(const std::filesystem::path& folder) {
  Fd opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return data_io("cannot open", folder, errno);
  return opened;
}

Status check_private(const Fd& opened, const std::filesystem::path& path, mode_t widest, std::string_view exposed) {
  struct stat found{};
  if (fstat(opened.get(), &found) != 0) return data_io("cannot look at", path, errno);
  if (found.st_uid != geteuid()) {
    return operator_error(exposed, quoted(path) + " belongs to user " + std::to_string(found.st_uid) + ", Gatehouse runs as user " +
                                       std::to_string(geteuid()) + ": run it as the owner, or change the owner with chown");
  }
  if ((found.st_mode & 0777U & ~widest) != 0) {
    return operator_error(exposed, quoted(path) + " has mode " + octal(found.st_mode) + ", others could read it: run chmod " +
                                       octal(widest) + " " + quoted(path) + "; if others may have read it, make new keys");
  }
  return ok();
}

Error damaged(const std::filesystem::path& path, const PrivateFile& file, std::string_view what) {
  return operator_error(file.damaged, quoted(path) + " is damaged (" + std::string(what) + "): " + std::string(file.advice));
}

Result<Secret<std::string>> read_private(const std::filesystem::path& path, const PrivateFile& file) {
  // O_NONBLOCK: a pipe in the file's place must not hold us up.
  const Fd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!opened && errno == ENOENT) return operator_error(file.missing, quoted(path) + " is missing: " + std::string(file.advice));
  if (!opened && errno == ELOOP) return damaged(path, file, "it is a symbolic link");
  if (!opened) return data_io("cannot open", path, errno);
  struct stat found{};
  if (fstat(opened.get(), &found) != 0) return data_io("cannot look at", path, errno);
  if (!S_ISREG(found.st_mode)) return damaged(path, file, "it is not a file");
  GH_CHECK(check_private(opened, path, private_file_mode, file.exposed));
  if (static_cast<std::uint64_t>(found.st_size) > file.most) return damaged(path, file, "it is too long");

  // One byte more than expected, so that a file that grows meanwhile does not pass for a shorter one.
  std::string bytes(static_cast<std::size_t>(found.st_size) + 1, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t n = ::read(opened.get(), bytes.data() + have, bytes.size() - have);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return data_io("cannot read", path, errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  if (have == bytes.size()) return damaged(path, file, "it changed while it was read");
  bytes.resize(have);
  return Secret<std::string>(std::move(bytes));
}

Status write_private(const std::filesystem::path& path, std::string_view bytes) {
  std::filesystem::path fresh = path;
  fresh += ".new";
  if (unlink(fresh.c_str()) != 0 && errno != ENOENT) return data_io("cannot remove", fresh, errno);
  const Status written = write_and_sync(fresh, bytes);
  if (!written) {
    unlink(fresh.c_str());
    return written;
  }
  if (rename(fresh.c_str(), path.c_str()) != 0) {
    const int error_number = errno;
    unlink(fresh.c_str());
    return data_io("cannot replace", path, error_number);
  }
  return sync_folder(folder_of(path));
}

}  // namespace gatehouse::identity
