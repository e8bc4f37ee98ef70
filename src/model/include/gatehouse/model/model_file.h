// model/model_file.h — a model's file, opened only if it is the one that the manifest names.
// Rules    hashed in full, or known by device, inode, size, mtime and ctime from an earlier time. A file that changed within the last
//          seconds is not remembered: within one tick of the file system's clock a change would not show
// Threads  open_verified blocks: a worker. HashMemory: any thread
// Errors   model_file_missing, model_file_changed, model_file_unreadable → operator; the text says what to do
#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"

namespace gatehouse::model {

// The file itself, whatever its name.
struct FileStamp {
  std::uint64_t device = 0, inode = 0, size = 0;
  std::int64_t mtime_ns = 0, ctime_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// Hashes of files that were read in full, kept in one file so that the next start need not read them again. It is a memory, not a
// record: damaged or gone, everything is hashed anew.
class HashMemory {
 public:
  explicit HashMemory(std::filesystem::path file);  // by the system's clock
  HashMemory(std::filesystem::path file, const Clock& clock);

  std::optional<std::string> recall(const FileStamp& stamp);
  void remember(const FileStamp& stamp, std::string_view sha256);

 private:
  struct Known {
    std::string stamp, sha256;
  };
  void load();
  void save() const;

  const std::filesystem::path file_;
  const Clock& clock_;
  std::mutex mutex_;  // two workers may verify at once; taken for look-ups, never while a file is hashed
  bool loaded_ = false;
  std::vector<Known> known_;  // newest last
};

// A descriptor at the file's beginning, read-only. sha256: lower-case hex.
Result<Fd> open_verified(const std::filesystem::path& path, std::string_view sha256, HashMemory& memory);

// Several of them in one file that is nobody else's, as wire/engine/bundle.h has it.
struct NamedFile {
  std::filesystem::path path;
  std::string sha256;
};
Result<Fd> open_verified_together(std::span<const NamedFile> files, HashMemory& memory);
// All of a file, which has at most so many bytes: model_file_unreadable.
Result<std::string> read_verified(const NamedFile& file, std::size_t most, HashMemory& memory);

}  // namespace gatehouse::model
