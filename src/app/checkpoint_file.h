// app/checkpoint_file.h — DATA/audit.checkpoints: how far the chains of the audit trail had come, in lines that are only ever appended.
// Rules    a line that was cut off by a crash is taken away before the next is written. A file that is full goes on as audit.checkpoints.1,
//          in place of the one before, and the next begins with all chains, so that it says all that the old one said of their ends
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

  // Made, with mode 0600, where there is none.
  static Result<CheckpointFile> open(const std::filesystem::path& path, std::int64_t most_bytes = usual_most);

  bool is_full() const { return size_ >= most_; }
  // One line a head, on the disk when it returns; all or, as far as the disk lets us, none.
  Status append(const std::vector<telemetry::AuditHead>& heads, telemetry::AuditTime now, const telemetry::AuditSealer& sealer);
  // The same in a new file. heads: all there are. There is a whole file at any moment.
  Status begin_anew(const std::vector<telemetry::AuditHead>& heads, telemetry::AuditTime now, const telemetry::AuditSealer& sealer);

 private:
  CheckpointFile(std::filesystem::path path, Fd file, std::int64_t most) : path_(std::move(path)), file_(std::move(file)), most_(most) {}
  Status keep_as_old() const;
  Status find_end();
  Status write(std::string_view lines);

  std::filesystem::path path_;
  Fd file_;
  std::int64_t most_ = usual_most;
  std::int64_t size_ = 0;  // whole lines
  telemetry::AuditSeal last_{};
};

}  // namespace gatehouse::app
