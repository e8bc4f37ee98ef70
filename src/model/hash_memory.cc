#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "gatehouse/model/model_file.h"
#include "gatehouse/wire/json/document.h"
#include "gatehouse/wire/json/writer.h"
#include "names.h"

namespace gatehouse::model {
namespace {

constexpr std::size_t most_known = 1024;
constexpr std::int64_t longest_memory = 1024 * 1024;
// Clocks of file systems tick in milliseconds, some in two seconds: a file younger than this may change without a trace.
constexpr seconds settled_after{3};

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string text_of(const FileStamp& stamp) {
  return std::to_string(stamp.device) + ":" + std::to_string(stamp.inode) + ":" + std::to_string(stamp.size) + ":" +
         std::to_string(stamp.mtime_ns) + ":" + std::to_string(stamp.ctime_ns);
}

// What others could have written vouches for nothing.
bool only_ours(const Fd& file) {
  struct stat found{};
  return fstat(file.get(), &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid() && (found.st_mode & 0022U) == 0 &&
         found.st_size <= longest_memory;
}

std::string read_ours(const std::filesystem::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  std::string bytes;
  if (!file || !only_ours(file)) return bytes;
  bytes.resize(longest_memory);
  const ssize_t n = ::read(file.get(), bytes.data(), bytes.size());
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

// False leaves nothing behind.
bool write_fresh(const std::filesystem::path& path, std::string_view bytes) {
  unlink(path.c_str());
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return false;
  if (::write(file.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) return true;
  unlink(path.c_str());
  return false;
}

}  // namespace

HashMemory::HashMemory(std::filesystem::path file) : HashMemory(std::move(file), system_clock()) {}
HashMemory::HashMemory(std::filesystem::path file, const Clock& clock) : file_(std::move(file)), clock_(clock) {}

std::optional<std::string> HashMemory::recall(const FileStamp& stamp) {
  const std::lock_guard lock(mutex_);
  load();
  const auto found = std::ranges::find(known_, text_of(stamp), &Known::stamp);
  return found == known_.end() ? std::nullopt : std::optional(found->sha256);
}

void HashMemory::remember(const FileStamp& stamp, std::string_view sha256) {
  const auto now = std::chrono::duration_cast<nanoseconds>(clock_.wall().time_since_epoch());
  if (nanoseconds(stamp.ctime_ns) + settled_after > now) return;
  const std::lock_guard lock(mutex_);
  load();
  // The inode's earlier content is gone for good.
  const std::string inode = std::to_string(stamp.device) + ":" + std::to_string(stamp.inode) + ":";
  std::erase_if(known_, [&inode](const Known& known) { return known.stamp.starts_with(inode); });
  if (known_.size() >= most_known) known_.erase(known_.begin());
  known_.push_back({text_of(stamp), std::string(sha256)});
  save();
}

void HashMemory::load() {
  if (loaded_) return;
  loaded_ = true;
  wire::JsonParser parser;
  const Result<wire::JsonValue> root = parser.parse(read_ours(file_));
  if (!root || !root->is_object()) return;
  const std::optional<wire::JsonValue> version = root->find("version"), files = root->find("files");
  if (!version || version->as_int64() != 1 || !files || !files->is_object()) return;
  for (const wire::JsonMember member : files->members()) {
    if (!member.value.is_string() || !is_sha256(member.value.string()) || known_.size() == most_known) continue;
    known_.push_back({std::string(member.key), std::string(member.value.string())});
  }
}

// What cannot be kept is hashed again next time, and that is all: no error.
void HashMemory::save() const {
  std::string out;
  wire::JsonWriter w(out);
  w.begin_object().member("version", 1).key("files").begin_object();
  for (const Known& known : known_) w.member(known.stamp, known.sha256);
  w.end_object().end_object();
  out.push_back('\n');
  std::filesystem::path fresh = file_;
  fresh += ".new";
  if (write_fresh(fresh, out) && rename(fresh.c_str(), file_.c_str()) != 0) unlink(fresh.c_str());
}

}  // namespace gatehouse::model
