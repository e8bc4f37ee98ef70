// app/checkpoint_file.h — DATA/audit.checkpoints: how far the chains of the audit trail had come, in lines that are only ever appended.
// Rules    a line that was cut off by a crash is taken away before the next is written
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
  // Made, with mode 0600, where there is none.
  static Result<CheckpointFile> open(const std::filesystem::path& path);

  // One line a head, on the disk when it returns; all or, as far as the disk lets us, none.
  Status append(const std::vector<telemetry::AuditHead>& heads, telemetry::AuditTime now, const telemetry::AuditSealer& sealer);

 private:
  CheckpointFile(std::filesystem::path path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}
  Status find_end();
  Status write(std::string_view lines);

  std::filesystem::path path_;
  Fd file_;
  std::int64_t size_ = 0;  // whole lines
  telemetry::AuditSeal last_{};
};

}  // namespace gatehouse::app
