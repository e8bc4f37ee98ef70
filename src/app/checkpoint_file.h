// app/checkpoint_file.h — DATA/audit.checkpoints: how far the chains of the audit trail had come, in lines that are only ever appended.
// Rules    a line that was cut off by a crash is taken away before the next is written. A file that is full goes on as audit.checkpoints.1,
//          in place of the one before, and the next begins with all chains, so that it says all that the old one said of their ends.
//          Where the file system knows no hard links, the old one is copied
// Threads  blocks on the disk; one writer
// Errors   checkpoints_unwritable → operator
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/telemetry/audit_chain.h"

namespace gatehouse::app {

std::filesystem::path checkpoints_of(const std::string& data);

class CheckpointFile {
 public:
  static constexpr std::int64_t usual_most = std::int64_t{64} << 20U;  // bytes

  using Link = int (*)(const char* from, const char* to);  // link(2)

  // Made, with mode 0600, where there is none.
  static Result<CheckpointFile> open(const std::filesystem::path& path, std::int64_t most_bytes = usual_most);
  static Result<CheckpointFile> open(const std::filesystem::path& path, std::int64_t most_bytes, Link link);

  bool is_full() const { return size_ >= most_; }
  // How far it has come, for whoever keeps that elsewhere.
  telemetry::CheckpointMark mark() const { return {static_cast<std::uint64_t>(size_), last_}; }
  // Whether it is the one that had come so far, or further by now.
  Result<bool> comes_to(const telemetry::CheckpointMark& mark) const;
  // One line a head, on the disk when it returns; all or, as far as the disk lets us, none.
  Status append(const std::vector<telemetry::AuditHead>& heads, telemetry::AuditTime now, const telemetry::AuditSealer& sealer);
  // The same in a new file. heads: all there are. There is a whole file at any moment.
  Status begin_anew(const std::vector<telemetry::AuditHead>& heads, telemetry::AuditTime now, const telemetry::AuditSealer& sealer);

 private:
  CheckpointFile(std::filesystem::path path, Fd file, std::int64_t most, Link link)
      : path_(std::move(path)), file_(std::move(file)), most_(most), link_(link) {}
  Status keep_as_old() const;
  Status copy_to(const std::filesystem::path& old) const;
  Status find_end();
  Result<std::string> up_to(std::int64_t end) const;
  Status write(std::string_view lines);

  std::filesystem::path path_;
  Fd file_;
  std::int64_t most_ = usual_most;
  Link link_;
  std::int64_t size_ = 0;  // whole lines
  telemetry::AuditSeal last_{};
};

}  // namespace gatehouse::app
