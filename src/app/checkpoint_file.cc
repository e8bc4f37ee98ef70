#include "checkpoint_file.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace gatehouse::app {
namespace {

constexpr std::int64_t longest_end = 4096;  // more than two lines

Error unwritable(const std::filesystem::path& path, int error_number) {
  return operator_error("checkpoints_unwritable", "'" + path.string() + "': " + std::generic_category().message(error_number));
}

Status sync_folder_of(const std::filesystem::path& path) {
  const Fd folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder && fsync(folder.get()) == 0 ? ok() : Status(unwritable(path, errno));
}

}  // namespace

std::filesystem::path checkpoints_of(const std::string& data) { return std::filesystem::path(data) / "audit.checkpoints"; }

Result<CheckpointFile> CheckpointFile::open(const std::filesystem::path& path, std::int64_t most_bytes) {
  return open(path, most_bytes, &::link);
}

Result<CheckpointFile> CheckpointFile::open(const std::filesystem::path& path, std::int64_t most_bytes, Link link) {
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return unwritable(path, errno);
  GH_CHECK(sync_folder_of(path));
  CheckpointFile opened(path, std::move(file), most_bytes, link);
  GH_CHECK(opened.find_end());
  return opened;
}

// What ends there, of as much as is there.
Result<std::string> CheckpointFile::up_to(std::int64_t end) const {
  std::string bytes(static_cast<std::size_t>(std::min(end, longest_end)), '\0');
  const ssize_t read = pread(file_.get(), bytes.data(), bytes.size(), end - static_cast<std::int64_t>(bytes.size()));
  if (read != static_cast<ssize_t>(bytes.size())) return unwritable(path_, read < 0 ? errno : EIO);
  return bytes;
}

Result<bool> CheckpointFile::comes_to(const telemetry::CheckpointMark& mark) const {
  if (mark.bytes == 0) return true;
  if (mark.bytes > static_cast<std::uint64_t>(size_)) return false;
  GH_TRY(const std::string end, up_to(static_cast<std::int64_t>(mark.bytes)));
  return telemetry::last_checkpoint_seal(end) == mark.seal;
}

Status CheckpointFile::find_end() {
  struct stat found{};
  if (fstat(file_.get(), &found) != 0) return unwritable(path_, errno);
  GH_TRY(const std::string end, up_to(found.st_size));
  const std::size_t newline = end.rfind('\n');
  const std::size_t cut_off = newline == std::string::npos ? end.size() : end.size() - newline - 1;
  size_ = found.st_size - static_cast<std::int64_t>(cut_off);
  if (cut_off > 0 && ftruncate(file_.get(), size_) != 0) return unwritable(path_, errno);
  last_ = telemetry::last_checkpoint_seal(end);
  return ok();
}

Status CheckpointFile::write(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = ::write(file_.get(), lines.data(), lines.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return unwritable(path_, errno);
    lines.remove_prefix(static_cast<std::size_t>(written));
  }
  return fdatasync(file_.get()) == 0 ? ok() : Status(unwritable(path_, errno));
}

Status CheckpointFile::append(const std::vector<telemetry::AuditHead>& heads, telemetry::AuditTime now,
                              const telemetry::AuditSealer& sealer) {
  std::string lines;
  telemetry::AuditSeal last = last_;
  for (const telemetry::AuditHead& head : heads) {
    const telemetry::CheckpointLine line = telemetry::checkpoint_line({now, head}, last, sealer);
    lines += line.text;
    last = line.seal;
  }
  const Status written = write(lines);
  if (!written) {
    // Best effort: what stays of them is found, and taken away, by the next start.
    if (ftruncate(file_.get(), size_) != 0) return unwritable(path_, errno);
    return written;
  }
  size_ += static_cast<std::int64_t>(lines.size());
  last_ = last;
  return ok();
}

// Under another name, too: there is no moment without a file.
Status CheckpointFile::keep_as_old() const {
  const std::filesystem::path old = path_.string() + ".1";
  if (unlink(old.c_str()) != 0 && errno != ENOENT) return unwritable(old, errno);
  if (link_(path_.c_str(), old.c_str()) == 0 || errno == ENOENT) return ok();
  return errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS || errno == EMLINK ? copy_to(old) : Status(unwritable(old, errno));
}

Status CheckpointFile::copy_to(const std::filesystem::path& old) const {
  const std::filesystem::path unfinished = old.string() + ".unfinished";
  const Fd copy(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!copy) return unwritable(unfinished, errno);
  off_t from = 0;
  while (from < size_) {
    const ssize_t copied = sendfile(copy.get(), file_.get(), &from, static_cast<std::size_t>(size_ - from));
    if (copied < 0 && errno == EINTR) continue;
    if (copied <= 0) return unwritable(unfinished, copied < 0 ? errno : EIO);
  }
  if (fsync(copy.get()) != 0 || rename(unfinished.c_str(), old.c_str()) != 0) return unwritable(old, errno);
  return ok();
}

Status CheckpointFile::begin_anew(const std::vector<telemetry::AuditHead>& heads, telemetry::AuditTime now,
                                  const telemetry::AuditSealer& sealer) {
  const std::filesystem::path fresh = path_.string() + ".unfinished";
  if (unlink(fresh.c_str()) != 0 && errno != ENOENT) return unwritable(fresh, errno);
  GH_TRY(CheckpointFile next, open(fresh, most_, link_));
  GH_CHECK(next.append(heads, now, sealer));
  GH_CHECK(keep_as_old());
  if (rename(fresh.c_str(), path_.c_str()) != 0) return unwritable(path_, errno);
  next.path_ = path_;
  *this = std::move(next);
  return sync_folder_of(path_);
}

}  // namespace gatehouse::app
