#include "gatehouse/model/model_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

#include "file_digest.h"
#include "gatehouse/wire/engine/bundle.h"
#include "names.h"

namespace gatehouse::model {
namespace {

constexpr std::size_t read_size = 1024 * 1024;

Error unreadable(const std::filesystem::path& path, std::string_view why) {
  return operator_error("model_file_unreadable", "cannot read the model file " + quoted_path(path) + ": " + std::string(why));
}

Error unreadable(const std::filesystem::path& path, int error_number) {
  return unreadable(path, std::generic_category().message(error_number));
}

Error missing(const std::filesystem::path& path) {
  return operator_error("model_file_missing",
                        "the model file " + quoted_path(path) +
                            " is missing: './run serve' fetches those of the shipped models, others are put there by hand");
}

Error changed(const std::filesystem::path& path, std::string_view expected, std::string_view found) {
  return operator_error("model_file_changed",
                        quoted_path(path) + " is not the file that its model.toml names (sha256 " + std::string(found) + ", expected " +
                            std::string(expected) +
                            "): remove it and './run serve' fetches it again; if it is your own and was changed on purpose, put the new "
                            "sha256 into model.toml");
}

std::int64_t nanoseconds_of(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

Result<FileStamp> stamp_of(const Fd& file, const std::filesystem::path& path) {
  struct stat found{};
  if (fstat(file.get(), &found) != 0) return unreadable(path, errno);
  if (!S_ISREG(found.st_mode)) return unreadable(path, "it is not a file");
  FileStamp stamp;
  stamp.device = found.st_dev;
  stamp.inode = found.st_ino;
  stamp.size = static_cast<std::uint64_t>(found.st_size);
  stamp.mtime_ns = nanoseconds_of(found.st_mtim);
  stamp.ctime_ns = nanoseconds_of(found.st_ctim);
  return stamp;
}

// Reads by position, so that the descriptor stays at the beginning.
Result<std::string> hash_of(const Fd& file, const std::filesystem::path& path) {
  FileDigest digest;
  const auto buffer = std::make_unique_for_overwrite<char[]>(read_size);
  posix_fadvise(file.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  for (off_t at = 0;;) {
    const ssize_t n = pread(file.get(), buffer.get(), read_size, at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return unreadable(path, errno);
    if (n == 0) break;
    digest.add({buffer.get(), static_cast<std::size_t>(n)});
    at += n;
  }
  return digest.hex();
}

Result<std::string> hash_and_remember(const Fd& file, const std::filesystem::path& path, const FileStamp& before, HashMemory& memory) {
  GH_TRY(std::string sha256, hash_of(file, path));
  GH_TRY(const FileStamp after, stamp_of(file, path));
  if (after == before) memory.remember(after, sha256);
  return sha256;
}

}  // namespace

Result<Fd> open_verified(const std::filesystem::path& path, std::string_view sha256, HashMemory& memory) {
  // O_NONBLOCK: a pipe in the file's place must not hold us up.
  Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file && errno == ENOENT) return missing(path);
  if (!file && errno == ELOOP) return unreadable(path, "it is a symbolic link; put the file itself there");
  if (!file) return unreadable(path, errno);
  GH_TRY(const FileStamp stamp, stamp_of(file, path));
  std::optional<std::string> found = memory.recall(stamp);
  if (!found) {
    GH_TRY(found, hash_and_remember(file, path, stamp, memory));
  }
  if (*found != sha256) return changed(path, sha256, *found);
  return file;
}

namespace {

Status append_file(const Fd& to, const Fd& from, const FileStamp& stamp, const std::filesystem::path& path) {
  const auto buffer = std::make_unique_for_overwrite<char[]>(read_size);
  for (std::uint64_t at = 0; at < stamp.size;) {
    const ssize_t n = pread(from.get(), buffer.get(), read_size, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return unreadable(path, n == 0 ? EIO : errno);
    for (ssize_t written = 0; written < n;) {
      const ssize_t m = write(to.get(), buffer.get() + written, static_cast<std::size_t>(n - written));
      if (m < 0) return unreadable(path, errno);
      written += m;
    }
    at += static_cast<std::uint64_t>(n);
  }
  return ok();
}

}  // namespace

Result<Fd> open_verified_together(std::span<const NamedFile> files, HashMemory& memory) {
  std::vector<Fd> opened;
  std::vector<FileStamp> stamps;
  std::vector<std::uint64_t> lengths;
  for (const NamedFile& file : files) {
    GH_TRY(Fd one, open_verified(file.path, file.sha256, memory));
    GH_TRY(const FileStamp stamp, stamp_of(one, file.path));
    opened.push_back(std::move(one));
    stamps.push_back(stamp);
    lengths.push_back(stamp.size);
  }
  Fd together(memfd_create("model", MFD_CLOEXEC));
  const std::string head = wire::engine::bundle_head(lengths);
  if (!together || write(together.get(), head.data(), head.size()) != static_cast<ssize_t>(head.size())) {
    return unreadable(files.front().path, errno);
  }
  for (std::size_t i = 0; i < files.size(); ++i) GH_CHECK(append_file(together, opened[i], stamps[i], files[i].path));
  return together;
}

Result<std::string> read_verified(const NamedFile& file, std::size_t most, HashMemory& memory) {
  GH_TRY(const Fd opened, open_verified(file.path, file.sha256, memory));
  GH_TRY(const FileStamp stamp, stamp_of(opened, file.path));
  if (stamp.size > most) return unreadable(file.path, "it has more than " + std::to_string(most) + " bytes");
  std::string bytes(stamp.size, '\0');
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t n = pread(opened.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return unreadable(file.path, n == 0 ? EIO : errno);
    at += static_cast<std::size_t>(n);
  }
  return bytes;
}

}  // namespace gatehouse::model
